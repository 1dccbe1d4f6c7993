# Runs the Pester tests beside it, in one process: pester.ps1 [FILTER]. Pester 5.7 or later comes from PORTICO_PESTER, its
# folder or manifest, else from where PowerShell keeps modules.
param([string] $Filter = '*')
$ErrorActionPreference = 'Stop'
if ($env:PORTICO_PESTER) {
    $module = $env:PORTICO_PESTER
    if (Test-Path -LiteralPath $module -PathType Container) { $module = Join-Path -Path $module -ChildPath 'Pester.psd1' }
    Import-Module -Name $module
} else {
    Import-Module -Name Pester -MinimumVersion 5.7
}
$wish = New-PesterConfiguration
$wish.Run.Path = $PSScriptRoot
$wish.Run.Exit = $true
$wish.Filter.FullName = $Filter
$wish.Output.Verbosity = 'Normal'
Invoke-Pester -Configuration $wish
