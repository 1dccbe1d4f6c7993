# What every script begins with. make generate writes this file into each of them, and of the others beside it the functions that
# it calls.

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Before anything that this mode does not allow, such as calling methods.
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control, and start it with -Command "& ...; exit $LASTEXITCODE" (not with -File).'
    exit $ExitCode.ForbiddenByPolicy
}

# Started below PowerShell 7, Windows PowerShell would look for its own modules in that one's folders.
if ($PSVersionTable.PSEdition -eq 'Desktop') {
    $env:PSModulePath = $PSHOME + '\Modules;' + $env:PSModulePath
}

# As in product.json.
$Product = @{
    Name = 'Portico'; Manufacturer = 'Portico contributors'; UpgradeCode = '{48346913-819A-4C89-B928-1861AD61583D}'
    SettingsKey = 'SOFTWARE\Portico'; RunValue = 'Portico'; EventSource = 'Portico'
}
$ProgramName = @('portico', 'portico-agent', 'porticoctl')
$UninstallPath = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$InstallerPath = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Installer'
$UserDataPath = $InstallerPath + '\UserData\S-1-5-18'
$EnvironmentKey = 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
$UpgradeCodePath = @(($InstallerPath + '\UpgradeCodes'), 'SOFTWARE\Classes\Installer\UpgradeCodes')

# What nothing that is said may hold, whatever was given where: before an @ can be a password, and after the ? of an address a key.
$Secret = '(?s)(?<=^[^''"]*[''"]).*(?=@)|[^\s''"]+(?=@)|(?<=//[^?\s]*\?)[^\s''"]+'
# The log, the one of msiexec, and the one line of output.
$script:LogFile = $script:MsiLog = $script:Said = ''
$script:Waiting = @() # lines that the log could not take yet
$script:Code = $null # what the script ends with
$script:Unfinished = $false # whether msiexec was left running
