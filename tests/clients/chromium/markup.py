"""Documents whose markup, not a declaration, decides what is visible. W is the word, C the one that is surely seen."""

TABLE = """
[hidden attribute]
<p>C</p><p hidden>W</p>
<p>C</p><p hidden="">W</p>
<p>C</p><p hidden=hidden>W</p>
<p>C</p><p hidden=false>W</p>
<p>C</p><p hidden=until-found>W</p>
<p>C</p><p HIDDEN>W</p>
<p>C</p><p hidden style="display:block">W</p>
<style>p{display:block}</style><p>C</p><p hidden>W</p>
<style>p{color:red}</style><p>C</p><p hidden>W</p>
<p>C</p><div hidden><p style="display:block">W</p></div>
<p>C</p><table><tr hidden><td>W</td></tr></table>
<p>C</p><table><tr><td hidden>W</td><td>x</td></tr></table>
<p>C</p><table hidden><tr><td>W</td></tr></table>
<p>C</p><table><tbody hidden><tr><td>W</table>
<p>C</p><span hidden>W</span>
<p>C</p><p aria-hidden=true>W</p>
<p>C</p><p inert>W</p>
<p>C</p><p data-hidden>W</p>
[dialog and popover]
<p>C</p><dialog>W</dialog>
<p>C</p><dialog open>W</dialog>
<p>C</p><dialog style="display:block">W</dialog>
<p>C</p><div popover>W</div>
<p>C</p><div popover=manual>W</div>
<p>C</p><div popover=auto style="display:block">W</div>
<p>C</p><div popover style="position:static;display:block">W</div>
<p>C</p><details><summary>s</summary>W</details>
<p>C</p><details open><summary>s</summary>W</details>
<p>C</p><details><summary>W</summary>x</details>
<p>C</p><details><p>W</p></details>
<p>C</p><details><p>x</p><summary>W</summary></details>
<p>C</p><details><summary>x</summary><summary>W</summary></details>
<p>C</p><details><details open><summary>x</summary>W</details></details>
<p>C</p><details><summary>x</summary><div style="display:block;visibility:visible">W</div></details>
<p>C</p><div><summary>W</summary></div>
[replaced]
<p>C</p><meter value=.5>W</meter>
<p>C</p><progress value=.5>W</progress>
<p>C</p><ruby>a<rp>W</rp><rt>b</rt></ruby>
<p>C</p><ruby>a<rt>W</rt></ruby>
<p>C</p><ruby>W<rt>b</rt></ruby>
<p>C</p><rp>W</rp>
<p>C</p><video>W</video>
<p>C</p><video controls width=300><p>W</p></video>
<p>C</p><audio>W</audio>
<p>C</p><audio controls>W</audio>
<p>C</p><canvas>W</canvas>
<p>C</p><canvas width=9 height=9><p>W</p></canvas>
<p>C</p><object>W</object>
<p>C</p><object data="x.swf" type="application/x-shockwave-flash">W</object>
<p>C</p><object data="data:text/plain,hello">W</object>
<p>C</p><object hidden>W</object>
<p>C</p><object style="width:0;height:0">W</object>
<p>C</p><iframe>W</iframe>
<p>C</p><iframe src="about:blank"><p>W</p></iframe>
<p>C</p><noembed>W</noembed>
<p>C</p><embed src="x">W
<p>C</p><noframes>W</noframes>
<p>C</p><noscript>W</noscript>
<p>C</p><noscript><p>W</p></noscript>
<p>C</p><script>W</script>
<p>C</p><style>W</style>
<p>C</p><script type="text/plain" style="display:block">W</script>
<p>C</p><style style="display:block">W</style>
<p>C</p><title>W</title>
<p>C</p><template>W</template>
<p>C</p><template style="display:block"><p>W</p></template>
<p>C</p><template><template></template>W</template>
<p>C</p><template></p></div></template>W
<p>C</p><plaintext>W
<p>C</p><xmp>W</xmp>
<p>C</p><xmp><b>W</b></xmp>
<p>C</p><listing>W</listing>
<p>C</p><bogus>W</bogus>
<p>C</p><o:p>W</o:p>
<p>C</p><w:sdt>W</w:sdt>
<p>C</p><center>W</center>
<p>C</p><nobr>W</nobr>
<p>C</p><area>W</area>
<p>C</p><map><area alt="W"></map>
<p>C</p><map>W</map>
<p>C</p><param value=W>
<p>C</p><track label=W>
<p>C</p><frameset><frame></frameset>W
<p>C</p><br>W</br>
<p>C</p><wbr>W</wbr>
<p>C</p><image>W</image>
<p>C</p><isindex prompt=W>
<p>C</p><keygen>W</keygen>
<p>C</p><menuitem label="W">
<p>C</p><data value=W>x</data>
<p>C</p><output>W</output>
<p>C</p><slot>W</slot>
<p>C</p><portal>W</portal>
<p>C</p><fencedframe>W</fencedframe>
[form]
<p>C</p><input value="W">
<p>C</p><input type=text value="W">
<p>C</p><input type=hidden value="W">
<p>C</p><input type=password value="W">
<p>C</p><input type=submit value="W">
<p>C</p><input type=button value="W">
<p>C</p><input type=reset value="W">
<p>C</p><input type=checkbox value="W">
<p>C</p><input type=radio value="W">
<p>C</p><input type=range value="W">
<p>C</p><input type=color value="W">
<p>C</p><input type=date value="W">
<p>C</p><input type=file value="W">
<p>C</p><input type=image alt="W">
<p>C</p><input type=number value="W">
<p>C</p><input type=email value="W">
<p>C</p><input placeholder="W">
<p>C</p><input value=x placeholder="W">
<p>C</p><input style="display:none" value="W">
<p>C</p><input type=hidden style="display:block" value="W">
<p>C</p><textarea>W</textarea>
<p>C</p><textarea hidden>W</textarea>
<p>C</p><textarea><p>W</p></textarea>
<p>C</p><textarea placeholder="W"></textarea>
<p>C</p><textarea style="height:0;overflow:hidden;border:0;padding:0">W</textarea>
<p>C</p><button>W</button>
<p>C</p><button hidden>W</button>
<p>C</p><button disabled>W</button>
<p>C</p><button value="W">x</button>
<p>C</p><select><option>W</select>
<p>C</p><select><option>a<option>W</select>
<p>C</p><select><option>a<option selected>W</select>
<p>C</p><select size=3><option>a<option>W</select>
<p>C</p><select multiple><option>a<option>W</select>
<p>C</p><select><optgroup label="W"><option>a</select>
<p>C</p><select size=4><optgroup label="W"><option>a</select>
<p>C</p><select><option value="W">a</select>
<p>C</p><select><option label="W">a</select>
<p>C</p><select hidden><option>W</select>
<p>C</p><select>W</select>
<p>C</p><select><div>W</div></select>
<p>C</p><select><p>W</select>
<p>C</p><option>W</option>
<p>C</p><datalist><option>W</datalist>
<p>C</p><datalist>W</datalist>
<p>C</p><fieldset><legend>W</legend>x</fieldset>
<p>C</p><fieldset hidden>W</fieldset>
<p>C</p><label>W</label>
<p>C</p><form>W</form>
<p>C</p><form hidden>W</form>
[attributes]
<p>C</p><p title="W">x</p>
<p>C</p><a href="https://a.example/" title="W">x</a>
<p>C</p><abbr title="W">x</abbr>
<p>C</p><p aria-label="W">x</p>
<p>C</p><p data-text="W">x</p>
<p>C</p><table summary="W"><tr><td>x</table>
<p>C</p><th abbr="W">x
<p>C</p><p alt="W">x</p>
<p>C</p><img title="W">
<p>C</p><img aria-label="W">
<p>C</p><img longdesc="W">
<p>C</p><video poster="W"></video>
<p>C</p><ol type="W"><li>x</ol>
<p>C</p><meta name=description content="W">
<p>C</p><blockquote cite="W">x</blockquote>
[alternative text]
<p>C</p><img src="https://img.example/x.png" alt="W">
<p>C</p><img src="https://img.example/x.png" alt="W" width=300 height=90>
<p>C</p><img src="https://img.example/x.png" alt="W" style="display:none">
<p>C</p><img src="https://img.example/x.png" alt="W" hidden>
<p>C</p><img src="https://img.example/x.png" alt="W" width=1 height=1>
<p>C</p><img src="https://img.example/x.png" alt="W" width=0 height=0>
<p>C</p><img src="https://img.example/x.png" alt="W" style="width:1px;height:1px">
<p>C</p><img src="https://img.example/x.png" alt="W" style="visibility:hidden">
<p>C</p><img src="https://img.example/x.png" alt="W" style="opacity:0">
<p>C</p><img src="https://img.example/x.png" alt="W" style="font-size:0">
<p>C</p><img src="https://img.example/x.png" alt="W" style="color:#fff">
<p>C</p><img src="https://img.example/x.png" alt="W" style="position:absolute;left:-9999px">
<p>C</p><img src="https://img.example/x.png" alt="W" style="max-height:0">
<p>C</p><img src="https://img.example/x.png" alt="W" style="height:0;width:0">
<p>C</p><div style="display:none"><img src="https://img.example/x.png" alt="W"></div>
<p>C</p><div style="font-size:1px"><img src="https://img.example/x.png" alt="W"></div>
<p>C</p><div style="color:#fff"><img src="https://img.example/x.png" alt="W"></div>
<p>C</p><a href="https://a.example/"><img src="https://img.example/x.png" alt="W"></a>
<p>C</p><picture><source srcset="https://img.example/y.png"><img src="https://img.example/x.png" alt="W"></picture>
[svg and math]
<p>C</p><svg width=300 height=40><text x=5 y=20>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=20 fill=none>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=20 fill=white>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=-90>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=20 opacity=0>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=20 display=none>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=20 visibility=hidden>W</text></svg>
<p>C</p><svg width=300 height=40><text x=5 y=20 font-size=1>W</text></svg>
<p>C</p><svg width=0 height=0><text x=5 y=20>W</text></svg>
<p>C</p><svg><title>W</title></svg>
<p>C</p><svg><desc>W</desc></svg>
<p>C</p><svg><metadata>W</metadata></svg>
<p>C</p><svg><defs><text y=20>W</text></defs></svg>
<p>C</p><svg><symbol><text y=20>W</text></symbol></svg>
<p>C</p><svg>W</svg>
<p>C</p><svg><g>W</g></svg>
<p>C</p><svg><style>W</style></svg>
<p>C</p><svg><a><text y=20>W</text></a></svg>
<p>C</p><svg><text y=20><tspan>W</tspan></text></svg>
<p>C</p><svg width=300 height=60><foreignObject width=300 height=60><p>W</p></foreignObject></svg>
<p>C</p><svg width=300 height=60><foreignObject width=0 height=0><p>W</p></foreignObject></svg>
<p>C</p><svg width=300 height=60><foreignObject><p>W</p></foreignObject></svg>
<p>C</p><svg><p>W</p></svg>
<p>C</p><svg><b>W</b></svg>
<p>C</p><svg><desc><p>W</p></desc></svg>
<p>C</p><svg><title><p>W</title></svg>
<p>C</p><svg/>W
<p>C</p><svg><style><!--</style>W--></svg>
<p>C</p><svg style="display:none"><p>W</p>
<p>C</p><svg style="display:none"><foreignObject><p>W</p></foreignObject></svg>
<p>C</p><svg><![CDATA[W]]></svg>
<p>C</p><svg><text y=20><![CDATA[W]]></text></svg>
<p>C</p><math><mi>W</mi></math>
<p>C</p><math><mtext>W</mtext></math>
<p>C</p><math>W</math>
<p>C</p><math><mphantom><mi>W</mi></mphantom></math>
<p>C</p><math><annotation>W</annotation></math>
<p>C</p><math><semantics><mi>x</mi><annotation>W</annotation></semantics></math>
<p>C</p><math><semantics><mi>x</mi><annotation-xml encoding="text/html"><p>W</p></annotation-xml></semantics></math>
<p>C</p><math><maction><mi>a</mi><mi>W</mi></maction></math>
<p>C</p><math><mi><p>W</p></mi></math>
<p>C</p><math><p>W</p></math>
<p>C</p><math style="display:none"><p>W</p></math>
[parsing]
<p>C</p><!-- W -->
<p>C</p><!-- > W -->
<p>C</p><!--> W -->
<p>C</p><!---> W -->
<p>C</p><!-- --!> W
<p>C</p><! W >
<p>C</p><? W >
<p>C</p></ W >
<p>C</p><![CDATA[ W ]]>
<p>C</p><!--[if mso]>W<![endif]-->
<p>C</p><![if !mso]>W<![endif]>
<p>C</p><!--[if !mso]><!-->W<!--<![endif]-->
<p>C</p><a title=">W">x</a>
<p>C</p><a title='>W'>x</a>
<p>C</p><a title=x>W">x</a>
<p>C</p><p/hidden>W</p>
<p>C</p><p/style="display:none">W</p>
<p>C</p><p style=display:none>W</p>
<p>C</p><p style = "display:none">W</p>
<p>C</p><p style="display:none" style="display:block">W</p>
<p>C</p><p style="display:block" style="display:none">W</p>
<p>C</p><p style="display&colon;none">W</p>
<p>C</p><p style="display:&#110;one">W</p>
<p>C</p><p style='display:none'class=x>W</p>
<p>C</p><p stYle="DISPLAY:None">W</p>
<p>C</p><div style="display:none"><p>x</div>W
<p>C</p><div style="display:none"></p>W</div>
<p>C</p><div style="display:none"></span>W</div>
<p>C</p><div style="display:none"><span></div>W
<p>C</p><div style="display:none"><table></div>W</table>
<p>C</p><div style="display:none"><table><tr><td></div>W</table></div>
<p>C</p><p style="display:none"><table><tr><td>W</table>
<!doctype html><p>C</p><p style="display:none"><table><tr><td>W</table>
<p>C</p><p style="display:none">x<div>W</div>
<p>C</p><p style="display:none">x<p>W
<p>C</p><p style="display:none"><span>W
<p>C</p><p style="display:none">x</br>W
<p>C</p><li style="display:none">x<li>W
<p>C</p><dd style="display:none">x<dt>W
<p>C</p><li style="display:none">x<ul><li>W</ul>
<p>C</p><b style="display:none">x<p>W</b>
<p>C</p><b style="display:none">x<p>y</b>W
<p>C</p><b style="display:none">x<div>y</b>W</div>
<p>C</p><a style="display:none" href=x>y<a href=z>W</a>
<p>C</p><i style="display:none"><p>x</p></i><p>W
<p>C</p><i style="display:none"><p>x</p><p>W
<p>C</p><p><i style="display:none">x</p><p>W
<p>C</p><font style="display:none">x</p>W
<p>C</p><nobr style="display:none">x<nobr>W
<p>C</p><button style="display:none">x<button>W</button>
<p>C</p><h1 style="display:none">x<h2>W</h2>
<p>C</p><h1 style="display:none">x</h3>W
<p>C</p><form style="display:none">x<form>W</form>
<p>C</p><option style="display:none">x<option>W
<p>C</p><table style="display:none"><tr><td>x</td>W</tr></table>
<p>C</p><table style="display:none">W<tr><td>x</table>
<p>C</p><table style="display:none"><p>W</p><tr><td>x</table>
<p>C</p><table style="display:none"><tr>W<td>x</table>
<p>C</p><table style="display:none"><div style="display:none">W</div></table>
<p>C</p><table style="display:none"><tr><td><table></table>W</table>
<p>C</p><table><tr style="display:none"><td>x<tr><td>W</table>
<p>C</p><table><td style="display:none">x<td>W</table>
<p>C</p><table><td style="display:none">x</p>W</table>
<p>C</p><table><caption style="display:none">x<tr><td>W</table>
<p>C</p><table><colgroup style="display:none"><col></colgroup><tr><td>W</table>
<p>C</p><table><col style="visibility:collapse"><tr><td>W</td><td>x</table>
<p>C</p><table><col style="display:none"><tr><td>W</td><td>x</table>
<p>C</p><table><input type=hidden value="W"></table>
<p>C</p><table style="display:none"><form>W</form></table>
<p>C</p><table style="display:none"><select><option>W</select></table>
<p>C</p><td style="display:none">W</td>
<p>C</p><tr style="display:none"><td>W
<p>C</p><body style="display:block">W
<p>C</p><html style="color:#000"><p>W
<p>C</p></body>W
<p>C</p></html><p>W</p>
<p>C</p></body></html><!-- W -->
<p>C</p><head><p>W</head>
<p>C</p><title>x</title>W
<p>C</p><textarea></p>W</textarea>
<p>C</p><style></p>W</style>
<p>C</p><script></p>W</script>
<p>C</p><script><!-- <script> </script> W --></script>
<p>C</p><script>x</script >W
<p>C</p><style>x</style/>W
<p>C</p><noscript><!-- </noscript>W-->
<p>C</p><template><div></template>W
<p>C</p><svg></p>W
<p>C</p><div style="display:none"><svg></div>W
<p>C</p><div style="display:none"><svg><desc></div>W</svg></div>
<p>C</p><div style="display:none"><svg><foreignObject></div>W</svg></div>
<p>C</p><div style="display:none"><button></div>W
<p>C</p><div style="display:none"><object></div>W
<p>C</p><div style="display:none"><marquee></div>W</marquee></div>
<p>C</p><div style="display:none"><applet></div>W</applet></div>
<p>C</p><div style="display:none"><select></div>W
<p>C</p><div style="display:none"><template></div></template>W</div>
<p>C</p><div style="display:none"/>W
<p>C</p><br style="display:none"/>W
<p>C</p><span style="display:none"/>W</span>
<p>C</p><hr style="display:none">W
<p>C</p><img style="display:none">W
<p>C</p><input style="display:none">W
<p>C</p><div style="display:none"><hr></div>W
<p>C</p><div style='display:none'"><b>W</b></div>
<p>C</p><div style="display:none>"><b>W</b></div>
<p>C</p><div a=1 a=2 style="display:none">W</div>
<p>C</p>&lt;p style="display:none"&gt;W
<p>C</p><div style="display:none">x</div
>W
<p>C</p><W
<p>C</p><p>a < W</p>
<p>C</p><3 W
[presentation]
<p>C</p><font color=#ffffff>W</font>
<p>C</p><font color=white>W</font>
<p>C</p><font color=FFFFFF>W</font>
<p>C</p><font color="#fff">W</font>
<p>C</p><font color=transparent>W</font>
<p>C</p><font color="rgb(255,255,255)">W</font>
<p>C</p><font color=chucknorris>W</font>
<p>C</p><font color=ffgfff>W</font>
<p>C</p><font color=zzffffffzz>W</font>
<p>C</p><font size=1>W</font>
<p>C</p><font size=-7>W</font>
<p>C</p><font size=0>W</font>
<p>C</p><font size=+2>W</font>
<p>C</p><font color=#fff style="color:#000">W</font>
<p>C</p><font style="color:#fff">W</font>
<p>C</p><font color=#fff><span style="color:#000">W</span></font>
<style>font{color:#000}</style><p>C</p><font color=#fff>W</font>
<p>C</p><table bgcolor=#000><tr><td><font color=#fff>W</font></table>
<p>C</p><table bgcolor=black><tr><td style="color:#000">W</table>
<p>C</p><table><tr bgcolor=#000><td><font color=#fff>W</font></table>
<p>C</p><table><tr><td bgcolor=#000><font color=#fff>W</font></table>
<p>C</p><table><tr><td bgcolor=#000>W</table>
<p>C</p><table><tr><th bgcolor=#000000 style="color:white">W</table>
<p>C</p><table><tbody bgcolor=#000><tr><td style="color:white">W</table>
<p>C</p><table><thead bgcolor=#000><tr><td style="color:white">W</table>
<p>C</p><table><col bgcolor=#000><tr><td style="color:white">W</table>
<p>C</p><table><colgroup bgcolor=#000><tr><td style="color:white">W</table>
<p>C</p><table><caption bgcolor=#000 style="color:white">W</caption></table>
<p>C</p><div bgcolor=#000><font color=#fff>W</font></div>
<p>C</p><div bgcolor=#000>W</div>
<p>C</p><p bgcolor=#000><font color=#fff>W</font></p>
<p>C</p><span bgcolor=#000><font color=#fff>W</font></span>
<p>C</p><center bgcolor=#000 style="color:white">W</center>
<p>C</p><font bgcolor=#000 color=#fff>W</font>
<p>C</p><marquee behavior=slide loop=1 scrollamount=9999 bgcolor=#000 style="color:white">W</marquee>
<p>C</p><table background="https://img.example/x.png"><tr><td style="color:white">W</table>
<p>C</p><table><tr><td background="https://img.example/x.png" bgcolor=#000 style="color:white">W</table>
<body bgcolor=#222 text=#eee><p>C</p><p>W</p>
<body bgcolor=#222 text=#eee><p>C</p><p style="color:#222">W</p>
<body bgcolor=#222 text=#eee><p>C</p><p style="color:#fff">W</p>
<body text=#fff><p style="color:#000">C</p><p>W</p>
<body link=#fff><p>C</p><a href="https://a.example/">W</a>
<body link=#fff><p>C</p><a>W</a>
<body vlink=#fff><p>C</p><a href="https://a.example/">W</a>
<body alink=#fff><p>C</p><a href="https://a.example/">W</a>
<p>C</p><a href="https://a.example/" style="color:#fff">W</a>
<p>C</p><div style="color:#fff"><a href="https://a.example/">W</a></div>
<p>C</p><div style="color:#fff"><a>W</a></div>
<html style="background:#000"><body style="color:#fff"><p>C</p><p>W</p>
<html bgcolor=#000><body><p>C</p><p style="color:#fff">W</p>
<style>body{background:#000}p{color:#eee}</style><p>C</p><p>W</p>
<style>body{background:#000}p{color:#eee}.x{color:#010101}</style><p>C</p><p class=x>W</p>
<style>html{background:#000}body{color:#fff}</style><p>C</p><p>W</p>
<style>html{background:#fff}body{background:#000}</style><p style="color:#0a0">C</p><p style="color:#fff">W</p>
<style>.d *{color:#fff}.d{background:#135}</style><p>C</p><div class=d><p>W</p></div>
<style>.d>table{background:#135}.d td{color:#fff}</style><p>C</p><div class=d><table><tr><td>W</table></div>
<style>td:first-child{background:#135}td{color:#fff}</style><p>C</p><table><tr><td>W</table>
<p>C</p><div style="background:#000"><div style="background:#fff"><p style="color:#fff">W</p></div></div>
<p>C</p><div style="background:#fff"><div style="background:#000"><p style="color:#fff">W</p></div></div>
<p>C</p><div style="background:#000"><div style="background:rgba(255,255,255,.98)"><p style="color:#fff">W</p></div></div>
<p>C</p><div style="background:#000;opacity:.5"><p style="color:#fff">W</p></div>
<p>C</p><div style="background:#000;opacity:.05"><p style="color:#fff">W</p></div>
<p>C</p><div style="background:#000;height:0"><p style="color:#fff">W</p></div>
<p>C</p><div style="background:#000;position:relative"><p style="color:#fff;position:absolute;top:200px">W</p></div>
<p>C</p><div style="background:#000;width:9px;height:9px"><p style="color:#fff;margin-left:40px">W</p></div>
<p>C</p><div style="background:#000"><p style="color:#fff;float:left">W</p></div>
<p>C</p><div style="display:contents;background:#000"><p style="color:#fff">W</p></div>
<p>C</p><span style="background:#000"><p style="color:#fff">W</p></span>
<p>C</p><span style="background:#000"><span style="color:#fff">W</span></span>
<p>C</p><div style="background:#000;visibility:hidden"><p style="color:#fff;visibility:visible">W</p></div>
<p>C</p><table width=600><tr><td width=1>W</td><td>x</table>
<p>C</p><table width=1><tr><td>W</table>
<p>C</p><table height=1><tr><td>W</table>
<p>C</p><table width=0 height=0 cellpadding=0 cellspacing=0><tr><td>W</table>
<p>C</p><table><tr><td height=0 width=0>W</table>
<p>C</p><table><tr height=1><td>W</table>
<p>C</p><div width=0 height=0>W</div>
<p>C</p><hr width=0>W
<p>C</p><div align=right>W</div>
<p>C</p><div nowrap>W</div>
<p>C</p><table align=left hspace=9999><tr><td>W</table>
<p>C</p><table><tr><td valign=top style="display:none">W<td>x</table>
[inheritance]
<p>C</p><div style="display:none"><p style="display:block">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="visibility:visible">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="visibility:inherit">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="visibility:initial">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="visibility:unset">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="all:initial">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="all:unset">W</p></div>
<p>C</p><div style="visibility:hidden"><p style="all:revert">W</p></div>
<p>C</p><div style="opacity:0"><p style="opacity:1">W</p></div>
<p>C</p><div style="opacity:.2"><div style="opacity:.2"><p style="opacity:.3">W</p></div></div>
<p>C</p><div style="opacity:.9"><div style="opacity:.9"><p style="opacity:.9">W</p></div></div>
<p>C</p><div style="filter:opacity(.2)"><p style="opacity:.2">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:16px">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:1em">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:1rem">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:100%">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:medium">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:initial">W</p></div>
<p>C</p><div style="font-size:0"><p style="font:14px Arial">W</p></div>
<p>C</p><div style="font-size:0"><p style="font-size:smaller">W</p></div>
<p>C</p><div style="font-size:0"><font size=3>W</font></div>
<p>C</p><div style="font-size:0"><h1>W</h1></div>
<p>C</p><div style="font-size:0"><table><tr><td>W</table></div>
<!doctype html><p>C</p><div style="font-size:0"><table><tr><td>W</table></div>
<p>C</p><div style="font-size:0"><pre>W</pre></div>
<p>C</p><div style="font-size:0"><code>W</code></div>
<p>C</p><div style="font-size:0"><input value=W></div>
<p>C</p><div style="font-size:0"><button>W</button></div>
<p>C</p><div style="font-size:4px"><p style="font-size:4em">W</p></div>
<p>C</p><div style="font-size:40px"><p style="font-size:.05em">W</p></div>
<p>C</p><div style="font-size:10px"><div style="font-size:50%"><p style="font-size:50%">W</p></div></div>
<html style="font-size:1px"><p style="font-size:16px">C</p><p style="font-size:1rem">W</p>
<html style="font-size:62.5%"><p style="font-size:16px">C</p><p style="font-size:1.4rem">W</p>
<p>C</p><div style="color:#fff"><p style="color:#000">W</p></div>
<p>C</p><div style="color:#fff"><p style="color:initial">W</p></div>
<p>C</p><div style="color:#fff"><p style="color:inherit">W</p></div>
<p>C</p><div style="color:#fff"><p style="color:currentcolor">W</p></div>
<p>C</p><div style="color:#fff"><h1>W</h1></div>
<p>C</p><div style="color:#fff"><table><tr><td>W</table></div>
<!doctype html><p>C</p><div style="color:#fff"><table><tr><td>W</table></div>
<p>C</p><div style="color:#fff"><button>W</button></div>
<p>C</p><div style="color:#fff"><mark>W</mark></div>
<p>C</p><div style="color:#fff"><input value=W></div>
<p>C</p><div style="line-height:0"><p style="line-height:1.5">W</p></div>
<p>C</p><div style="line-height:0"><span style="line-height:20px">W</span></div>
<p>C</p><div style="line-height:0;font-size:0"><div style="font-size:16px;line-height:24px">W</div></div>
<p>C</p><div style="line-height:0"><img width=9 height=9><br>W</div>
<p>C</p><div style="text-indent:-9999px"><p style="text-indent:0">W</p></div>
<p>C</p><div style="text-indent:-9999px"><p>W</p></div>
<p>C</p><div style="text-indent:-9999px">x<br>W</div>
<p>C</p><div style="text-indent:-9999px"><span style="text-indent:0">W</span></div>
<p>C</p><div style="text-indent:-9999px"><span style="display:inline-block;text-indent:0">W</span></div>
<p>C</p><div style="margin-left:-9999px"><p style="margin-left:9999px">W</p></div>
<p>C</p><div style="margin-left:-9999px"><p style="margin-left:0">W</p></div>
<p>C</p><div style="position:absolute;left:-9999px"><p style="position:absolute;left:0">W</p></div>
<p>C</p><div style="position:absolute;left:-9999px"><p style="position:fixed;left:9px;top:90px">W</p></div>
<p>C</p><div style="position:absolute;left:-9999px"><p style="position:absolute;left:10020px;width:200px">W</p></div>
<p>C</p><div style="height:0;overflow:hidden"><p style="position:absolute">W</p></div>
<p>C</p><div style="height:0;overflow:hidden;position:relative"><p style="position:absolute">W</p></div>
<p>C</p><div style="height:0;overflow:hidden"><p style="position:fixed;top:90px">W</p></div>
<p>C</p><div style="height:0;overflow:hidden"><p style="float:left">W</p></div>
<p>C</p><div style="height:0;overflow:hidden"><p style="height:99px">W</p></div>
<p>C</p><div style="height:0"><p style="height:99px">W</p></div>
<p>C</p><div style="height:40px;overflow:hidden"><p>x</p><p>x</p><p>x</p><p>W</p></div>
<p>C</p><div style="height:40px;overflow:hidden"><p>W</p><p>x</p><p>x</p></div>
<p>C</p><div style="height:40px;overflow:hidden"><div style="height:90px"></div><p>W</p></div>
<p>C</p><div style="height:40px;overflow:auto"><div style="height:90px"></div><p>W</p></div>
<p>C</p><div style="width:90px;overflow:hidden;white-space:nowrap">xxxxxxxxxxxxxxxxxxxxxxx W</div>
<p>C</p><div style="transform:scale(0)"><p style="transform:scale(1)">W</p></div>
<p>C</p><div style="transform:scale(.1)"><p style="transform:scale(10)">W</p></div>
<p>C</p><div style="transform:translateX(-900px)"><p style="transform:translateX(900px)">W</p></div>
<p>C</p><div style="transform:scale(.5)"><p style="transform:scale(.5);font-size:8px">W</p></div>
<p>C</p><div style="zoom:.2"><p style="font-size:9px">W</p></div>
<p>C</p><div style="perspective:100px"><p style="transform:translateZ(-9000px)">W</p></div>
<p>C</p><div style="transform-style:preserve-3d;transform:rotateY(180deg)"><p style="backface-visibility:hidden">W</p></div>
<p>C</p><div style="clip-path:inset(100%)"><p style="position:fixed;top:90px">W</p></div>
<p>C</p><div style="content-visibility:hidden"><p style="content-visibility:visible">W</p></div>
<p>C</p><div style="--x:none"><p style="display:var(--x)">W</p></div>
<p>C</p><div style="--x:#fff"><p style="color:var(--x)">W</p></div>
<p>C</p><div style="--x:var(--y);--y:none"><p style="display:var(--x)">W</p></div>
<p>C</p><div style="--x:var(--x)"><p style="display:var(--x,none)">W</p></div>
<style>:root{--hide:none}</style><p>C</p><p style="display:var(--hide)">W</p>
<style>:root{--white:#fff}.x{color:var(--white)}</style><p>C</p><p class=x>W</p>
<style>:root{--z:0}.x{opacity:calc(var(--z) * 1)}</style><p>C</p><p class=x>W</p>
<style>@keyframes k{to{opacity:0}}</style><p>C</p><p style="animation:k 1ms forwards">W</p>
<style>@keyframes k{from{opacity:0}}</style><p>C</p><p style="animation:k 1ms">W</p>
<style>@keyframes k{to{visibility:hidden}}</style><p>C</p><p style="animation:k 1ms 0s both">W</p>
<style>@keyframes k{0%,100%{font-size:0}}</style><p>C</p><p style="animation:k 9s infinite">W</p>
<style>@keyframes k{to{opacity:1}}</style><p>C</p><p style="opacity:0;animation:k 1ms forwards">W</p>
[cover]
<p>C</p><div style="position:relative"><p>W</p><div style="position:absolute;inset:0;background:#fff"></div></div>
<p>C</p><div style="position:relative"><p>W</p><div style="position:absolute;top:0;left:0;width:100%;height:99px;background:#fff"></div></div>
<p>C</p><div style="position:relative;z-index:0"><p style="position:relative;z-index:-1">W</p></div>
<p>C</p><div style="background:#fff;position:relative"><p style="position:absolute;z-index:-1">W</p></div>
<p>C</p><p>W</p><div style="margin-top:-60px;height:60px;background:#fff;position:relative">x</div>
<p>C</p><p>W</p><div style="margin-top:-60px;height:60px;background:#fff"></div>
<p>C</p><div style="position:relative"><p>W</p><div style="position:absolute;inset:0;background:rgba(255,255,255,.3)"></div></div>
<p>C</p><div style="position:relative"><div style="position:absolute;inset:0;background:#eee"></div><p style="position:relative">W</p></div>
[generated text]
<style>.x::before{content:"W"}</style><p>C</p><p class=x>x</p>
<style>.x::after{content:"W"}</style><p>C</p><p class=x>x</p>
<style>.x:after{content:attr(data-x)}</style><p>C</p><p class=x data-x="W">x</p>
<style>.x::before{content:"W";display:none}</style><p>C</p><p class=x>x</p>
<style>.x::before{content:"W";color:#fff}</style><p>C</p><p class=x>x</p>
<style>li::marker{content:"W"}</style><p>C</p><ul><li>x</ul>
<style>ul{list-style-type:"W"}</style><p>C</p><ul><li>x</ul>
<p>C</p><ul style="list-style:'W' inside"><li>x</ul>
<style>.x{content:"W"}</style><p>C</p><p class=x>x</p>
<style>.x::placeholder{color:#fff}</style><p>C</p><input class=x placeholder=W>
<style>.x::first-line{color:#fff}</style><p>C</p><p class=x>W</p>
<style>.x::first-line{font-size:0}</style><p>C</p><p class=x>W</p>
<style>.x::first-letter{font-size:0}</style><p>C</p><p class=x>W</p>
<style>.x::selection{color:#fff}</style><p>C</p><p class=x>W</p>
[sheets]
<head><style>.x{display:none}</style></head><p>C</p><p class=x>W</p>
<p>C</p><p class=x>W</p><style>.x{display:none}</style>
<p>C</p><div><style>.x{display:none}</style></div><p class=x>W</p>
<p>C</p><div hidden><style>.x{display:none}</style></div><p class=x>W</p>
<p>C</p><svg><style>.x{display:none}</style></svg><p class=x>W</p>
<p>C</p><svg><style>&#46;x{display:none}</style></svg><p class=x>W</p>
<p>C</p><table><style>.x{display:none}</style><tr><td class=x>W</table>
<p>C</p><select><style>.x{display:none}</style></select><p class=x>W</p>
<p>C</p><noscript><style>.x{display:none}</style></noscript><p class=x>W</p>
<p>C</p><template><style>.x{display:none}</style></template><p class=x>W</p>
<p>C</p><xmp><style>.x{display:none}</style></xmp><p class=x>W</p>
<p>C</p><textarea><style>.x{display:none}</style></textarea><p class=x>W</p>
<p>C</p><!-- <style>.x{display:none}</style> --><p class=x>W</p>
<p>C</p><math><style>.x{display:none}</style></math><p class=x>W</p>
<link rel=stylesheet href="data:text/css,.x{display:none}"><p>C</p><p class=x>W</p>
<style disabled>.x{display:none}</style><p>C</p><p class=x>W</p>
<style type=text/less>.x{display:none}</style><p>C</p><p class=x>W</p>
<style type="">.x{display:none}</style><p>C</p><p class=x>W</p>
<style type="text/css; charset=utf-8">.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.X{display:none}</style><p>C</p><p class=x>W</p>
<!doctype html><style>.X{display:none}</style><p>C</p><p class=x>W</p>
<!doctype html><style>#X{display:none}</style><p>C</p><p id=x>W</p>
<style>P.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.x{display:none}</style><style>.x{display:block}</style><p>C</p><p class=x>W</p>
<style>.x{display:block}</style><style>.x{display:none}</style><p>C</p><p class=x>W</p>
<style>@layer b,a;@layer a{.x{display:none}}@layer b{.x{display:block}}</style><p>C</p><p class=x>W</p>
<style>@layer b,a;@layer a{.x{display:block}}@layer b{.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@layer a{.x{display:block!important}}.x{display:none!important}</style><p>C</p><p class=x>W</p>
<style>@layer a{.x{display:none!important}}.x{display:block!important}</style><p>C</p><p class=x>W</p>
<style>@layer a{.x{display:none!important}}</style><p>C</p><p class=x style="display:block!important">W</p>
<style>.x{display:none}@layer a{.x{display:block}}</style><p>C</p><p class=x>W</p>
<style>.x{display:block}@layer a{.x{display:revert-layer}}</style><p>C</p><p class=x>W</p>
<style>p.x{display:none}.x{display:block}</style><p>C</p><p class=x>W</p>
<style>.x{display:none}p{display:block}</style><p>C</p><p class=x>W</p>
<style>#i{display:none}.x.x.x.x.x.x.x.x.x.x.x{display:block}</style><p>C</p><p id=i class=x>W</p>
<style>[id=i]{display:none}.x.x{display:block}</style><p>C</p><p id=i class=x>W</p>
<style>:where(#i){display:none}p{display:block}</style><p>C</p><p id=i class=x>W</p>
<style>:is(#i,b){display:none}p.x{display:block}</style><p>C</p><p id=i class=x>W</p>
<style>:not(#z){display:none}.x{display:block}</style><div style="display:block"><p style="display:block">C</p><p class=x>W</p></div>
<style>html,body,div{display:block!important}*{display:none}.x,.y{display:block}</style><div><p class=y>C</p><p class=x>W</p></div>
<style>p{display:none}p{display:block}</style><p>C</p><p>W</p>
<style>@import "https://css.example/x.css";.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.x{display:none;}}.y{color:red}</style><p>C</p><p class=x>W</p>
<style>.y{color:red}}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.y{color:red;.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.y{color:red;}.x{display:none</style><p>C</p><p class=x>W</p>
<style>.y{content:"a
}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.y{content:"}.x{display:none}"}</style><p>C</p><p class=x>W</p>
<style>.y{background:url(a}b)}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.y{background:url(a"b)}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>/* .y{} .x{display:none}</style><p>C</p><p class=x>W</p>
<style>/*/ .x{display:none} /**/</style><p>C</p><p class=x>W</p>
<style>.y{(}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.y{[}]}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>@media screen{.x{display:none}</style><p>C</p><p class=x>W</p>
<style>@media screen{.y{color:red}}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>@media print{.y{color:red}.x{display:none}</style><p>C</p><p class=x>W</p>
<style>@bogus;.x{display:none}</style><p>C</p><p class=x>W</p>
<style>@bogus .x{display:none}</style><p>C</p><p class=x>W</p>
<style>@bogus{.x{display:none}}</style><p>C</p><p class=x>W</p>
<style><!-- .x{display:none} --></style><p>C</p><p class=x>W</p>
<style><!-- --> .x{display:none}</style><p>C</p><p class=x>W</p>
<style>.x{display:none}<!--</style>--><p>C</p><p class=x>W</p>
<style>&lt;.x{display:none}</style><p>C</p><p class=x>W</p>
<style>.x{display:none!IMPORTANT}</style><p>C</p><p class=x style="display:block">W</p>
<style>.x{display:none!important}</style><p>C</p><p class=x style="display:block!important">W</p>
<style>.x{display:none!importan}</style><p>C</p><p class=x>W</p>
<style>.x{display:none;color:red</style><p>C</p><p class=x>W</p>
<style>.x{*display:none}</style><p>C</p><p class=x>W</p>
<style>.x{_display:none}</style><p>C</p><p class=x>W</p>
<style>.x{display:none\\9}</style><p>C</p><p class=x>W</p>
<style>.x{mso-hide:all}</style><p>C</p><p class=x>W</p>
<style>.x .y{display:none}</style><p>C</p><p class=x>W</p>
<style>.x>.y+.z~p{display:none}</style><p>C</p><p class=x>W</p>
<style>p:empty{display:none}</style><p>C</p><p class=x>W</p>
<style>p:last-child{display:none}</style><p>C</p><div><p class=x>W</p></div>
<style>p:last-of-type{display:none}</style><p>C</p><p class=x>W</p>
<style>p:only-child{display:none}</style><p>C</p><div><p class=x>W</p></div>
<style>p:nth-child(3n+2){display:none}</style><body><p>C</p><p class=x>W</p>
<style>p:nth-child(odd){display:none}</style><body><i></i><p>C</p><p class=x>W</p>
<style>a:link{display:none}</style><p>C</p><a href="https://a.example/">W</a>
<style>a:link{display:none}</style><p>C</p><a>W</a>
<style>a:any-link{color:#fff}</style><p>C</p><a href="https://a.example/">W</a>
<style>a:visited{color:#fff}</style><p>C</p><a href="https://a.example/">W</a>
<style>input:checked~.x{display:none}</style><p>C</p><input type=checkbox checked><p class=x>W</p>
<style>.x{display:none}input:checked~.x{display:block}</style><p>C</p><input type=checkbox><p class=x>W</p>
<style>.x{display:none}input:checked~.x{display:block}</style><p>C</p><input type=checkbox checked><p class=x>W</p>
<style>input:disabled+p,p:enabled,p:required{display:none}</style><p>C</p><input disabled><p class=x>W</p>
<style>p:target{display:none}</style><p>C</p><p id=x>W</p>
<style>p:defined{display:none}</style><b style="display:block">C</b><p>W</p>
<style>p:host,p:scope{display:none}</style><p>C</p><p>W</p>
<style>:scope p.x{display:none}</style><p>C</p><p class=x>W</p>
<style>*|p.x{display:none}</style><p>C</p><p class=x>W</p>
<style>|p.x{display:none}</style><p>C</p><p class=x>W</p>
<style>a|p.x{display:none}</style><p>C</p><p class=x>W</p>
<style>p[class]{display:none}</style><p>C</p><p class=x>W</p>
<style>p[style*="red"]{display:none}</style><p>C</p><p style="color:red">W</p>
<style>p[CLASS=x]{display:none}</style><p>C</p><p class=x>W</p>
<style>p[align=CENTER]{display:none}</style><p>C</p><p align=center>W</p>
<style>p[data-a=X]{display:none}</style><p>C</p><p data-a=x>W</p>
<style>u + .body .x{display:none}</style><body class=body><p>C</p><p class=x>W</p>
<style>u ~ div .x{display:none}</style><u></u><div><p>C</p><p class=x>W</p></div>
<style>@media screen and (-webkit-min-device-pixel-ratio:0){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media only screen and (min-width:601px){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media (orientation:landscape){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media (hover:none){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media (prefers-reduced-motion:reduce){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media speech{.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media screen,bogus(1){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media not screen{.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media (min-resolution:2dppx){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media (min-width:30em){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media{.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@media (scripting:none){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@supports (display:flex) and (not (bogus:x)){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@supports (-ms-ime-align:auto){.x{display:none}}</style><p>C</p><p class=x>W</p>
<style>@starting-style{.x{display:none}}</style><p>C</p><p class=x>W</p>
"""


def read(table):
    """Triples of technique, line number in it, and markup; a line break inside a document is kept."""
    technique, found, number = None, [], 0
    for line in table.strip().split("\n"):
        if line.startswith("[") and line.endswith("]") and "<" not in line:
            technique, number = line[1:-1], 0
        elif "C" not in line and found:
            technique_, number_, before = found[-1]
            found[-1] = (technique_, number_, before + "\n" + line)
        elif found and before_open(found[-1][2]):
            technique_, number_, before = found[-1]
            found[-1] = (technique_, number_, before + "\n" + line)
        elif line:
            number += 1
            found.append((technique, number, line))
    return found


def before_open(document):
    """Whether a document of the table goes on in the next line."""
    return "C" not in document or "W" not in document


def documents():
    import re

    for technique, number, markup in read(TABLE):
        yield technique, number, lambda word, m=markup: re.sub(
            r"\b[CW]\b", lambda found: word if found[0] == "W" else "control" + word[-4:], m
        )
