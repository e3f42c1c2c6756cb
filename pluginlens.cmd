@echo off
rem Runs PluginLens on Windows; builds it first where it is missing or older than a source. Needs the .NET SDK.
setlocal
powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0src\build.ps1"
if errorlevel 1 exit /b %ERRORLEVEL%
"%~dp0artifacts\pluginlens\pluginlens.exe" %*
exit /b %ERRORLEVEL%
