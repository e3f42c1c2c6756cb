# For pluginlens.cmd: publishes the program into artifacts\pluginlens where it is missing or older than a source.
$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$program = Join-Path $root 'artifacts\pluginlens'
$stamp = "$program.stamp"
$sources = @((Join-Path $root 'src'), (Join-Path $root 'export-scripts\graph')) + @(Get-ChildItem $root -File -Filter 'Directory.*' | ForEach-Object FullName) + (Join-Path $root 'global.json')
if (Test-Path $stamp) {
    $built = (Get-Item $stamp).LastWriteTimeUtc
    if (-not ($sources | ForEach-Object { Get-ChildItem $_ -Recurse -File } | Where-Object LastWriteTimeUtc -gt $built | Select-Object -First 1)) { exit 0 }
}
if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('pluginlens: no .NET SDK 10 found (dotnet --version); install one, see docs\packages.md.')
    exit 2
}
[Console]::Error.WriteLine('Building PluginLens: half a minute on two cores, after 230 MB of packages where they are not there yet.')
New-Item -ItemType Directory -Force (Join-Path $root 'artifacts') | Out-Null
$started = Get-Date
$log = "$program.log"
& dotnet publish (Join-Path $root 'src\Host\PluginLens.Cli') -c Release -o $program -nologo -v minimal -tl:off -p:Quick=true *> $log
if ($LASTEXITCODE -ne 0) {
    Select-String -Path $log -Pattern 'error' | Select-Object -First 20 | ForEach-Object { [Console]::Error.WriteLine($_.Line) }
    [Console]::Error.WriteLine("pluginlens: the build failed; everything it said is in $log.")
    exit 1
}
Set-Content $stamp ''
(Get-Item $stamp).LastWriteTime = $started
exit 0
