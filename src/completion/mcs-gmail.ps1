# Completion of mcs-gmail for PowerShell 5.1 and later. Load it from $PROFILE:
#   mcs-gmail completions powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'mcs-gmail' -ScriptBlock {
    param($word, $ast, $position)
    $before = @($ast.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $position -or ($_.Extent.EndOffset -eq $position -and "$word" -eq '') } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    $program = $ast.CommandElements[0].Extent.Text
    $text = "$word".Trim([char]39, [char]34)
    $lines = @(& $program __complete "--word=$text" -- @before 2>$null)
    if ($lines.Count -eq 0) { return }
    if ($lines[0] -ne 'words') {
        $option = ''
        if ($text -match '^(--[^=]*=)(.*)$') { $option = $Matches[1]; $text = $Matches[2] }
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($text) | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($option + $_.CompletionText, $_.ListItemText, $_.ResultType, $_.ToolTip)
        }
        return
    }
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $name, $about = $_.Split("`t", 2)
        if (-not $about) { $about = $name }
        # Nothing acts between single quotes, of which PowerShell knows several.
        $typed = $name
        if ($name -notmatch '^[A-Za-z0-9_./=+-]+$') {
            $typed = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name) + "'"
        }
        [System.Management.Automation.CompletionResult]::new($typed, $name, 'ParameterValue', $about)
    }
}
