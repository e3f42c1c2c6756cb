# Runs every test on Windows, or those of the suites named; last line: N passed, N failed. Needs the .NET SDK, and for the suite 'export' a python with onnx, numpy and torch (PYTHON names it).
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
$python = if ($env:PYTHON) { $env:PYTHON } else { 'python' }
$env:PYTHON = $python
dotnet build PluginLens.sln -c Release -nologo -v quiet -clp:NoSummary
if ($LASTEXITCODE -ne 0) { exit 1 }
$suites = if ($args) { $args } else { @('export') + @(Get-ChildItem tests -Directory -Filter '*.Tests' | ForEach-Object Name) }
$passed = 0; $failed = 0
foreach ($suite in $suites) {
    if ($suite -eq 'export') {
        Push-Location tests\export
        $said = (& $python -m unittest discover -b 2>&1 | Out-String); $code = $LASTEXITCODE
        Pop-Location
        $ran = if ($said -match 'Ran (\d+) test') { [int]$Matches[1] } else { 0 }
        $bad = ([regex]::Matches($said, '(failures|errors)=(\d+)') | ForEach-Object { [int]$_.Groups[2].Value } | Measure-Object -Sum).Sum
        $good = $ran - $bad
    } else {
        $said = (& dotnet test "artifacts\bin\$suite\release\$suite.dll" --logger 'console;verbosity=minimal' 2>&1 | Out-String); $code = $LASTEXITCODE
        $good = if ($said -match 'Passed: +(\d+)') { [int]$Matches[1] } else { 0 }
        $bad = if ($said -match 'Failed: +(\d+)') { [int]$Matches[1] } else { 0 }
    }
    # A suite that ends badly, or without a test, has failed whatever it counted.
    if ($bad -eq 0 -and ($code -ne 0 -or $good -eq 0)) { $bad = 1 }
    if ($bad -gt 0) { $said }
    "  ${suite}: $good passed, $bad failed"
    $passed += $good; $failed += $bad
}
"$passed passed, $failed failed"
exit [int]($failed -gt 0)
