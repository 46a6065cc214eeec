"""The table of declarations by technique: one case per line, hidden and visible alike; Chromium says which it is."""

TABLE = """
[display]
display:none
display:NONE
display:contents
display:none;display:bogus
display:bogus;display:none
display:block;display:none
display:none;display:block
display:none!important;display:block
display:block!important;display:none
display:none ! important
display : none
display:no/**/ne
display:none/**/
display:\\6eone
d\\69splay:none
display:inline none
display:none none
display:table-column
display:table-column-group
display:table-cell
display:flow-root
display:inline-block
display:none;;
;display:none
color:red;{display:block};display:none
display:var(--missing)
display:var(--missing,none)
--d:none;display:var(--d)
--d:block;display:var(--d)
display:none;all:initial
all:initial;display:none
display:none;all:unset
[visibility]
visibility:hidden
visibility:collapse
visibility:visible
visibility:hidden;visibility:visible
visibility:hidden;visibility:none
visibility:var(--missing,hidden)
content-visibility:hidden
content-visibility:auto
content-visibility:visible
[opacity]
opacity:0
opacity:0%
opacity:.01
opacity:.05
opacity:5%
opacity:.5
opacity:50%
opacity:-1
opacity:calc(1 - 1)
opacity:calc(1 / 2)
opacity:var(--o,0)
opacity:0;opacity:x
opacity:0.0e3
opacity:1e-3
opacity:min(0,1)
opacity:clamp(0,.02,1)
[filter]
filter:opacity(0)
filter:opacity(2%)
filter:opacity(.6)
filter:brightness(5)
filter:contrast(0)
filter:blur(40px)
filter:blur(.3px)
filter:grayscale(1)
filter:invert(1)
filter:opacity(.3) opacity(.1)
filter:brightness(1.1)
filter:drop-shadow(0 0 2px #888)
backdrop-filter:blur(9px)
[font-size]
font-size:0
font-size:0px
font-size:0em
font-size:0%
font-size:1px
font-size:.1px
font-size:2px
font-size:3px
font-size:4px
font-size:.1em
font-size:.2em
font-size:.2rem
font-size:10%
font-size:.05in
font-size:.3mm
font-size:1mm
font-size:.2ex
font-size:.2ch
font-size:2pt
font-size:.1pc
font-size:.02cm
font-size:2Q
font-size:.2vw
font-size:.3vh
font-size:.2vmin
font-size:calc(1px + 1px)
font-size:calc(1em - 15px)
font-size:min(1px,20px)
font-size:max(1px,14px)
font-size:clamp(0px,1px,20px)
font-size:var(--f,1px)
font-size:-1px
font-size:0;font-size:14
font:0/0 a
font:1px/20px Arial
font:italic bold 2px serif
font:14px/1 Arial
font:1px
font-size:xx-small
font-size:smaller
font-size:10px
font-size:12pt
font-size:1e1px
font-size:1e-1px
font-size:+1px
font-size-adjust:.01
font-size:16px;zoom:.1
font-size:16px;zoom:10%
font-size:16px;zoom:.8
font-size:3px;zoom:5
[contrast]
color:#fff
color:white
color:#ffffff
color:#ffff
color:#fffffe
color:#fefefe
color:#fff0
color:#0000
color:#00000003
color:transparent
color:rgb(255,255,255)
color:rgb(255 255 255)
color:rgb(100% 100% 100%)
color:rgba(0,0,0,0)
color:rgba(0,0,0,.02)
color:rgb(0 0 0 / 2%)
color:hsl(0,0%,100%)
color:hsl(0 0% 100%)
color:hsla(120,100%,99%,1)
color:hsl(.5turn 100% 99%)
color:hwb(0 100% 0%)
color:hwb(0 99% 0% / .5)
color:lab(100 0 0)
color:lab(100% 0 0)
color:lch(100% 0 0)
color:lch(99 1 40)
color:oklab(1 0 0)
color:oklab(100% 0 0)
color:oklch(1 0 0)
color:oklch(99% .01 90)
color:color(srgb 1 1 1)
color:color(display-p3 1 1 1)
color:color(srgb-linear .98 .98 .98)
color:color(xyz .95 1 1.089)
color:color-mix(in srgb,white,white)
color:color-mix(in srgb,white 97%,black)
color:color-mix(in oklab,#fff,transparent 99%)
color:color-mix(in srgb,black,white 20%)
color:rgb(from white r g b)
color:rgb(from black 255 255 255)
color:hsl(from black h s 100%)
color:oklch(from black 1 c h)
color:rgb(from black r g b / 0)
color:light-dark(white,black)
color:light-dark(black,white)
color:canvas
color:Canvas
color:canvastext
color:window
color:field
color:-webkit-link
color:graytext
color:buttonface
color:currentcolor
color:inherit
color:var(--c,white)
--c:#fff;color:var(--c)
color:#fff;color:bogus
color:#fff;color:#12345
color:#fff;color:rgb(0,0)
color:black;color:#fff!important
color:#eee
color:#f4f4f4
color:#ccc
color:#999
color:snow
color:ivory
color:ghostwhite
color:lightyellow
color:yellow
color:rgb(calc(200 + 55),255,255)
color:contrast-color(black)
color:#000;background:#000
color:#000;background-color:black
color:#333;background:#343434
color:#fff;background:#000
color:#fff;background:#003
color:#fff;background:linear-gradient(#000,#333)
color:#fff;background:linear-gradient(#fff,#fff)
color:#000;background:linear-gradient(#000,#000)
color:#000;background-image:linear-gradient(black,black)
color:#000;background:repeating-linear-gradient(#000,#000 2px)
color:#000;background:radial-gradient(#000,#000)
color:#000;background:conic-gradient(#000,#000)
color:#fff;background:url(https://img.example/x.png)
color:#fff;background:url(https://img.example/x.png) #000
color:#fff;background:#000 url(https://img.example/x.png) no-repeat
color:#000;background:url(https://img.example/x.png) #000
color:#fff;background:no-repeat center/cover #123456
color:#fff;background:#000;background:bogus
color:#fff;background:#000;background:none
color:#fff;background-color:#000;background-image:none
color:#fff;background-color:rgba(0,0,0,0)
color:#fff;background-color:rgba(0,0,0,.02)
color:#fff;background-color:rgba(0,0,0,.8)
color:#fff;background:currentcolor
color:#fff;background:inherit
color:#fff;background-color:transparent
color:#fff;background:linear-gradient(#000,#000) 0 0/0 0 no-repeat
color:#fff;background:linear-gradient(#000,#000) -900px 0/100px no-repeat
color:#fff;background:#000;background-clip:text
color:#fff;background:#000;opacity:.5
color:#000;background:#fff;opacity:.5
color:#000;box-shadow:inset 0 0 0 99px #000
color:#fff;box-shadow:inset 0 0 0 99px #000
color:#fff;border:9px solid #000
color:#fff;outline:20px solid #000
color:#fff;color-scheme:dark
color-scheme:dark;color:canvastext
mix-blend-mode:difference;color:#000
mix-blend-mode:screen;color:#000
mix-blend-mode:multiply;color:#000
mix-blend-mode:lighten
color:#000;background:#000;color:#fff
color:red
color:#fff;text-decoration:underline
[text paint]
-webkit-text-fill-color:transparent
-webkit-text-fill-color:#fff
-webkit-text-fill-color:white;color:#000
color:#fff;-webkit-text-fill-color:#000
color:transparent;-webkit-text-stroke:1px #000
-webkit-text-fill-color:transparent;-webkit-text-stroke:1px black
-webkit-text-stroke:3px #fff
color:#fff;text-shadow:0 0 1px #000
color:transparent;text-shadow:0 0 0 #000
color:#fff;text-shadow:1px 1px 0 #333
color:#fff;text-shadow:none
color:#fff;text-shadow:0 0 0 #fff
color:transparent;text-shadow:-9999px 0 #000
text-shadow:1px 1px #ccc
-webkit-text-security:disc
-webkit-text-security:square
-webkit-text-security:none
background:linear-gradient(90deg,#f00,#00f);-webkit-background-clip:text;color:transparent
background:linear-gradient(90deg,#f00,#00f);background-clip:text;-webkit-text-fill-color:transparent
background:linear-gradient(#fff,#fff);background-clip:text;color:transparent
background:#fff;background-clip:text;color:transparent
background:#123;background-clip:text;color:transparent
background-clip:text;color:transparent
background:url(https://img.example/x.png) #036;background-clip:text;color:transparent
text-decoration:line-through
text-transform:uppercase
font-variant:small-caps
font-family:Wingdings
font-palette:dark
[clip]
clip:rect(0,0,0,0)
clip:rect(0,0,0,0);position:absolute
clip:rect(1px,1px,1px,1px);position:absolute
clip:rect(0 0 0 0);position:fixed
clip:rect(auto,auto,auto,auto);position:absolute
clip:rect(0,200px,40px,0);position:absolute
clip:rect(0,0,0,0);position:relative
clip-path:inset(50%)
clip-path:inset(100%)
clip-path:inset(0 0 100% 0)
clip-path:inset(0 100% 0 0)
clip-path:inset(0 0 0 100%)
clip-path:inset(0)
clip-path:inset(1px)
clip-path:inset(10px 0 0 0 round 3px)
clip-path:inset(60% 0 60% 0)
clip-path:circle(0)
clip-path:circle(0 at 50% 50%)
clip-path:circle(1px at 0 0)
clip-path:circle(900px)
clip-path:circle(20px at -60px -60px)
clip-path:ellipse(0 0)
clip-path:ellipse(50% 200%)
clip-path:polygon(0 0)
clip-path:polygon(0 0,0 0,0 0)
clip-path:polygon(0 0,0 0,0 0,0 0)
clip-path:polygon(0 0,100% 0,100% 100%,0 100%)
clip-path:polygon(0 0,1px 0,1px 1px)
clip-path:polygon(-99px -99px,-90px -99px,-90px -90px)
clip-path:path('M0 0')
clip-path:path('M0 0H900V90H0Z')
clip-path:rect(0 0 0 0)
clip-path:rect(0 900px 90px 0)
clip-path:xywh(0 0 0 0)
clip-path:xywh(0 0 100% 100%)
clip-path:url(#nothing)
clip-path:none
clip-path:inset(100%);clip-path:bogus
-webkit-clip-path:inset(100%)
clip-path:border-box
mask:linear-gradient(transparent,transparent)
mask:linear-gradient(#000,#000)
mask-image:linear-gradient(transparent,transparent)
mask-image:linear-gradient(rgba(0,0,0,.02),rgba(0,0,0,.02))
-webkit-mask:linear-gradient(transparent,transparent)
-webkit-mask-image:linear-gradient(transparent,transparent)
mask:linear-gradient(#000,#000) 0 0/0 0 no-repeat
mask:linear-gradient(#000,#000) 0 0/1px 1px no-repeat
mask-image:url(https://img.example/m.png)
mask-image:none
mask:none
mask-size:0
mask-image:radial-gradient(transparent,transparent)
mask-image:linear-gradient(to right,#000,transparent)
[overflow]
overflow:hidden;height:0
overflow:hidden;height:0px
overflow:hidden;height:1px
overflow:hidden;height:2px
overflow:hidden;height:0;max-height:none
overflow:hidden;max-height:0
overflow:hidden;max-height:1px
overflow:hidden;max-height:0;min-height:20px
overflow:hidden;min-height:0
overflow:hidden;height:0;min-height:1em
overflow:hidden;height:0;padding:20px 0
overflow:hidden;height:0;padding-bottom:30px
overflow:hidden;height:.1em
overflow:hidden;height:2em
overflow:hidden;height:0%
overflow:hidden;height:1%
overflow:hidden;height:100%
overflow:hidden;height:calc(1px - 1px)
overflow:hidden;height:calc(100% - 100%)
overflow:hidden;height:min(0px,20px)
overflow:hidden;height:max(20px,0px)
overflow:hidden;height:clamp(0px,0px,20px)
overflow:hidden;height:.02vh
overflow:hidden;height:10vh
overflow:hidden;height:1pt
overflow:hidden;height:2px;line-height:1
overflow:hidden;block-size:0
overflow:hidden;block-size:2px
overflow:hidden;max-block-size:0
overflow:hidden;inline-size:0
overflow:hidden;max-inline-size:0
overflow:hidden;width:0
overflow:hidden;width:0;white-space:nowrap
overflow:hidden;width:1px;display:block
overflow:hidden;width:2px;display:inline-block
overflow:hidden;max-width:0
overflow:hidden;max-width:0;min-width:200px
overflow:hidden;width:0;height:0
overflow:hidden;width:1px;height:1px
overflow:hidden;width:0;display:inline-block
overflow:hidden;width:0;display:inline
overflow:hidden;height:0;display:inline
overflow:hidden;height:0;display:inline-block
overflow:hidden;height:0;display:block
overflow:hidden;height:0;display:block;float:left
overflow:hidden;height:0;display:flex
overflow:hidden;height:0;display:table
overflow:hidden;height:0;position:absolute
overflow:hidden;width:auto;height:auto
overflow:hidden;width:300px;height:50px
overflow:hidden
overflow:hidden;height:fit-content
overflow:hidden;height:bogus
overflow:hidden;height:0;height:bogus
overflow:hidden;height:0;height:auto
overflow:hidden;height:0;overflow:visible
overflow:hidden;height:20
overflow:hidden;max-height:0;max-height:none
overflow:hidden;aspect-ratio:1/0;height:0
overflow:visible;height:0
overflow:auto;height:0
overflow:scroll;height:0
overflow:clip;height:0
overflow:clip;overflow-clip-margin:40px;height:0
overflow-y:hidden;height:0
overflow-x:hidden;height:0
overflow-y:clip;height:0
overflow-x:clip;height:0
overflow-x:clip;width:0;white-space:nowrap
overflow-block:hidden;height:0
overflow:hidden visible;height:0
overflow:clip visible;height:0
overflow:auto;max-height:1px
height:0
max-height:0
width:0
max-width:0
max-height:0;max-width:0
height:1px;line-height:1px
line-height:0
line-height:0;height:0
line-height:0;overflow:hidden
line-height:0;font-size:16px
line-height:1px;overflow:hidden
line-height:0;overflow:hidden;height:0
line-height:.01;overflow:hidden
line-height:normal;overflow:hidden
contain:paint;height:0
contain:strict
contain:strict;height:0
contain:content;height:0
contain:size
contain:layout;height:0
columns:1;overflow:hidden;height:0
columns:2
column-width:1px
column-count:3;height:0;overflow:hidden
resize:both;overflow:auto;height:0
scrollbar-width:none;overflow:auto;height:1px
padding-top:300px;height:10px;overflow:hidden
box-sizing:border-box;padding-top:40px;height:40px;overflow:hidden
box-sizing:border-box;padding:20px;height:0;overflow:hidden
border:0;max-height:0;overflow:hidden;mso-hide:all
max-height:0;overflow:hidden;opacity:0;font-size:0;color:transparent
[indent]
text-indent:-9999px
text-indent:-9999px;overflow:hidden
text-indent:-9999px;white-space:nowrap;overflow:hidden
text-indent:-999em
text-indent:-200%
text-indent:200%;white-space:nowrap;overflow:hidden
text-indent:9999px;white-space:nowrap;overflow:hidden
text-indent:100%;white-space:nowrap;overflow:hidden
text-indent:20px
text-indent:-5px
text-indent:-2em;padding-left:2em
text-indent:-9999px;text-indent:x
text-indent:-9999px hanging
text-indent:-9999px;text-indent:0
padding-left:9999px;overflow:hidden;width:100px;box-sizing:border-box
padding-left:20px
padding-top:9999px;overflow:hidden;height:100px;box-sizing:border-box
padding-left:2000px
letter-spacing:-1em
letter-spacing:-30px
letter-spacing:-100px
letter-spacing:-1px
letter-spacing:.2em
letter-spacing:900px
word-spacing:-50px
word-spacing:900px
direction:rtl
direction:rtl;text-indent:-9999px
direction:rtl;unicode-bidi:bidi-override
unicode-bidi:bidi-override
writing-mode:vertical-rl
writing-mode:vertical-lr
writing-mode:sideways-lr
writing-mode:vertical-rl;text-indent:-9999px
white-space:nowrap
white-space:pre;overflow:hidden;width:0
white-space-collapse:collapse
text-align:right
text-overflow:ellipsis;overflow:hidden;white-space:nowrap
text-overflow:ellipsis;overflow:hidden;white-space:nowrap;width:0
text-overflow:ellipsis;overflow:hidden;white-space:nowrap;width:300px
display:-webkit-box;-webkit-line-clamp:1;-webkit-box-orient:vertical;overflow:hidden
display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;max-height:0
text-wrap:nowrap
word-break:break-all;width:1px;overflow:hidden
[margin]
margin-left:-9999px
margin-left:-9999px;overflow:hidden
margin-left:9999px
margin-top:-9999px
margin-top:-500px
margin:-9999px
margin:0 0 0 -2000px
margin:0 -9999px
margin-left:-200%
margin-left:120%
margin-inline-start:-9999px
margin-block-start:-9999px
margin-inline:-9999px 0
margin-bottom:-9999px
margin-right:-9999px
margin-left:-5px
margin-top:-4px
margin:-1px
margin:0 auto
margin:auto
margin-left:-50%
margin-left:25%
margin-left:calc(-1 * 9999px)
margin-left:var(--m,-9999px)
margin-left:-100vw
margin-left:-9999px;margin-left:0
margin-left:-99em
margin-top:1000px
margin-left:-9999px;padding-left:9999px
margin-left:-9999px;display:inline
margin-top:-9999px;display:inline
float:left;margin-left:-9999px
float:right;margin-right:-9999px
float:left
float:right
float:left;width:0;overflow:hidden
float:left;position:relative;left:-2000px
[position]
position:absolute;left:-9999px
position:absolute;left:-9999px;left:20px
position:absolute;left:9999px
position:absolute;right:9999px
position:absolute;right:-9999px
position:absolute;top:-9999px
position:absolute;bottom:9999px
position:absolute;inset:-9999px auto auto -9999px
position:absolute;inset-inline-start:-9999px
position:absolute;inset-block-start:-9999px
position:absolute;inset-inline:-9999px auto
position:absolute;left:-200%
position:absolute;left:150%
position:absolute;left:-100vw
position:absolute;left:120vw
position:absolute;top:-100vh
position:absolute;left:calc(-50% - 900px)
position:absolute;left:-50em
position:absolute;left:-30in
position:absolute
position:absolute;top:40px;left:20px
position:absolute;top:200px
position:absolute;left:50%
position:absolute;left:-2px
position:absolute;width:1px;height:1px;overflow:hidden
position:absolute;width:1px;height:1px
position:absolute;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip:rect(0,0,0,0);border:0
position:fixed;left:-9999px
position:fixed;top:-900px
position:fixed;top:120vh
position:fixed;top:200px
position:fixed;bottom:-300px
position:fixed;right:100%
position:fixed;left:100%
position:relative;left:-9999px
position:relative;left:9999px
position:relative;right:9999px
position:relative;top:-9999px
position:relative;bottom:9999px
position:relative;left:10px
position:relative;top:-3px
position:relative;left:-150%
position:relative;inset:0 0 0 -9999px
position:sticky;left:-9999px
position:sticky;top:0
position:static;left:-9999px
left:-9999px
top:-9999px
inset:-9999px
position:bogus;left:-9999px
position:absolute;left:-9999px;position:static
position:absolute;z-index:-1
position:relative;z-index:-9999
position:relative;z-index:5
offset-path:path('M-2000 0L-2000 1');offset-distance:0
offset:path('M-2000 0L-2000 1')
anchor-name:--a
[transform]
transform:scale(0)
transform:scale(0,1)
transform:scale(1,0)
transform:scale(.01)
transform:scale(.1)
transform:scale(10%)
transform:scaleX(0)
transform:scaleY(0)
transform:scaleY(.05)
transform:scaleZ(0)
transform:scale3d(0,0,0)
transform:scale3d(1,1,0)
transform:scale(.9)
transform:scale(1)
transform:scale(-1)
transform:scaleX(-1)
transform:translate(-9999px)
transform:translate(-9999px,0)
transform:translate(0,-9999px)
transform:translateX(-9999px)
transform:translateX(9999px)
transform:translateX(-200%)
transform:translateX(200%)
transform:translateY(-9999px)
transform:translateY(-900%)
transform:translate3d(-9999px,0,0)
transform:translateZ(-9999px)
transform:translateX(-100vw)
transform:translateX(-60em)
transform:translate(10px,10px)
transform:translate(5%)
transform:translateX(calc(-100% - 900px))
transform:rotate(90deg)
transform:rotate(.25turn)
transform:rotate(100grad)
transform:rotate(1.5708rad)
transform:rotate(2deg)
transform:rotate(180deg)
transform:rotate(360deg)
transform:rotateX(90deg)
transform:rotateY(90deg)
transform:rotateX(180deg);backface-visibility:hidden
transform:rotateY(180deg);backface-visibility:hidden
transform:rotateX(180deg)
transform:rotateX(30deg)
transform:rotateZ(1deg)
transform:rotate3d(1,0,0,90deg)
transform:rotate3d(0,0,1,2deg)
transform:skew(5deg)
transform:skewX(89.9deg)
transform:skewY(90deg)
transform:skew(90deg)
transform:matrix(0,0,0,0,0,0)
transform:matrix(1,0,0,1,-9999,0)
transform:matrix(1,0,0,0,0,0)
transform:matrix(.01,0,0,.01,0,0)
transform:matrix(1,0,0,1,5,5)
transform:matrix3d(0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1)
transform:matrix3d(1,0,0,0,0,1,0,0,0,0,1,0,-9999,0,0,1)
transform:matrix3d(1,0,0,0,0,1,0,0,0,0,1,0,3,3,0,1)
transform:perspective(100px) translateZ(-99999px)
transform:perspective(100px) rotateY(90deg)
transform:perspective(400px) translateZ(10px)
transform:scale(2) translateX(-9999px)
transform:translateX(-9999px) translateX(9999px)
transform:scale(.1) scale(10)
transform:scale(0) bogus
transform:scale(0);transform:bogus
transform:scale(0);transform:none
transform:none
transform:scale(0);transform-origin:0 0
transform:rotate(90deg);transform-origin:0 0
transform:rotate(-90deg);transform-origin:0 0
-webkit-transform:scale(0)
-webkit-transform:translateX(-9999px)
-moz-transform:scale(0)
-ms-transform:scale(0)
translate:-9999px
translate:0 -9999px
translate:-200%
translate:10px 10px
translate:none
rotate:90deg
rotate:x 90deg
rotate:y 90deg
rotate:1 0 0 90deg
rotate:1deg
scale:0
scale:0 1
scale:1 0
scale:.01
scale:5%
scale:.9
scale:none
scale:0;scale:none
perspective:1px
display:block;position:absolute;left:50%;top:50%;transform:translate(-50%,-50%)
display:block;position:absolute;left:50%;top:80px;transform:translateX(-50%)
display:block;position:relative;left:50%;width:300px;transform:translateX(-50%)
display:block;position:relative;top:50%;transform:translateY(-50%)
display:block;margin-left:50%;transform:translateX(-50%)
transform-style:preserve-3d
will-change:transform
[grid and flex]
display:grid;grid-template-rows:0;overflow:hidden
display:grid;grid-template-rows:0fr;overflow:hidden
display:grid;grid-template-columns:0;overflow:hidden
display:grid;grid-template-rows:0
display:grid
display:grid;grid-auto-rows:0;overflow:hidden
display:flex;flex:0 0 0;overflow:hidden
display:flex
display:flex;justify-content:center
display:inline-flex;width:0;overflow:hidden
flex:0;width:0;overflow:hidden
grid-area:none
order:-1
display:table;width:0;overflow:hidden
display:table-cell;width:1px
display:table-cell;max-width:0;overflow:hidden
display:table-cell;height:0;overflow:hidden
display:table-row;visibility:collapse
display:table-row;height:0
display:list-item
display:run-in
display:ruby-text
display:math
[motion]
animation:a 1ms forwards
animation-name:bogus
transition:opacity 9s
transition:none
interactivity:inert
user-select:none
pointer-events:none
cursor:none
[generated]
content:none
content:''
content:normal
content:url(https://img.example/x.png)
content:'other'
quotes:none
"""


def read(table):
    """Pairs of technique and declarations."""
    technique, found = None, []
    for line in table.strip().splitlines():
        if line.startswith("["):
            technique = line.strip("[]")
        elif line:
            found.append((technique, line))
    return found


DECLARATIONS = read(TABLE)
