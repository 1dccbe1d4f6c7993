<#
.SYNOPSIS
    Installs or updates Portico on a Windows computer, silently.

.DESCRIPTION
    Checks the MSI (SHA-256, signature, that it is Portico's and no older than what is there), waits while another
    installation runs, and runs it with msiexec /qn /norestart. Run it as an administrator or as SYSTEM (Intune, RMM, a start-up
    script of group policy). Nothing is started for anybody from SYSTEM: Portico comes with each person's next log-on.

    It may be run again and again: where the same version is installed whole, with the same settings, it ends with 0 and does nothing.
    Settings that are not given keep the values that they have.

    Each parameter can be given as an environment variable too, as RMM tools do with script variables; it is named with the
    parameter. The parameter counts before the variable.

    The log is %ProgramData%\Portico\Logs\Install-Portico.log, and msiexec's own beside it.

.PARAMETER PortalUrl
    The portal's address, as in https://portal.example.com; none takes an earlier one back. Without it an installed Portico keeps its
    own, and a new one asks people at the first start. Variables: PORTICO_PORTALURL, PORTALURL.

.PARAMETER MsiPath
    The MSI. Without it, the only portico-*-x64.msi beside this script. Variable: PORTICO_MSIPATH.

.PARAMETER MsiUrl
    An https address to download the MSI from, instead of MsiPath. Needs Sha256. Variable: PORTICO_MSIURL.

.PARAMETER Sha256
    The SHA-256 of the MSI, 64 hexadecimal digits, as in the release's SHA256SUMS. Variable: PORTICO_SHA256.

.PARAMETER SignerSubject
    Who must have signed the MSI: the certificate's whole subject, or its common name alone. Variable: PORTICO_SIGNERSUBJECT.

.PARAMETER SignerThumbprint
    The SHA-1 thumbprint of the certificate that must have signed the MSI. Variable: PORTICO_SIGNERTHUMBPRINT.

.PARAMETER AllowUnsigned
    Runs an MSI that nobody has signed although no Sha256 was given. For trying things out. Variable: PORTICO_ALLOWUNSIGNED.

.PARAMETER Autostart
    Whether Portico starts at log-on: always, never or user-decides. Variable: PORTICO_AUTOSTART.

.PARAMETER DesktopShortcut
    Whether there is an icon on everybody's desktop: yes or no (as it comes). Variable: PORTICO_DESKTOPSHORTCUT.

.PARAMETER StartMenu
    Whether there is an entry in the Start menu: yes (as it comes) or no. Variable: PORTICO_STARTMENU.

.PARAMETER InstallDir
    The folder to install into, C:\Program Files\Portico as it comes. Where this version is installed already it stays where it is.
    Variable: PORTICO_INSTALLDIR.

.PARAMETER StopRunning
    Ends running Porticos at once, in every session. Without it Windows Installer asks them to end, which takes longer, and the code is
    3010 where one did not. They come back with the next log-on. Variable: PORTICO_STOPRUNNING.

.PARAMETER WaitMinutes
    How long to wait while another installation runs, 0 to 120 minutes; 15 as it comes. Variable: PORTICO_WAITMINUTES.

.EXAMPLE
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File Install-Portico.ps1 -PortalUrl https://portal.example.com

    Installs the MSI that lies beside the script. This is the line for Intune.

.EXAMPLE
    .\Install-Portico.ps1 -PortalUrl https://portal.example.com -Autostart always -DesktopShortcut yes -WhatIf

    Says what would be done, and does nothing.

.EXAMPLE
    .\Install-Portico.ps1 -PortalUrl https://portal.example.com -MsiUrl https://files.example.com/portico-0.1.0-x64.msi -Sha256 '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'

    Downloads the MSI, and runs it only when it is the right one.

.NOTES
    Windows PowerShell 5.1 or PowerShell 7, on 64-bit Windows 10, 11, Server 2016 or later.

    Exit codes:
    0 Success: Done, or nothing was to be done.
    1 NotStarted: PowerShell itself did not run the script: it may not, does not find it, or does not accept a parameter.
    2 FileNotFound: There is no MSI at the place, or more than one beside the script; for register-app, no az.
    5 AccessDenied: It does not run as an administrator or SYSTEM.
    50 WrongPlatform: This is not Windows. What changes a computer ends so on a 32-bit one too, and where it is no file and 32-bit PowerShell runs it.
    59 DownloadFailed: The MSI could not be downloaded.
    87 InvalidParameter: A parameter or variable has a value that cannot be used, or a word belongs to none; the message names it.
    577 UntrustedPackage: The MSI's SHA-256 or signature is not the expected one, or it has none and no SHA-256 was given. It was not run.
    1460 Timeout: Windows Installer has not finished in time. It was not ended and may still finish.
    1603 Failed: Windows Installer or the script failed, or not all is there or gone afterwards. A code of msiexec that this table lacks or has for something else becomes this one; the message and the log have its own
        number.
    1618 InstallerBusy: Another installation is running and did not end in time.
    1620 InvalidPackage: The file is no MSI, or not Portico's.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language mode.
    1638 NewerInstalled: A newer version is installed. Portico is never set back.
    1641 RebootStarted: Done; Windows Installer has started a restart.
    3010 RebootRequired: Done; some files are replaced or removed at the next restart.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true, PositionalBinding = $false)]
param(
    [string] $PortalUrl = '',
    [string] $MsiPath = '',
    [string] $MsiUrl = '',
    [string] $Sha256 = '',
    [string] $SignerSubject = '',
    [string] $SignerThumbprint = '',
    [switch] $AllowUnsigned,
    [string] $Autostart = '',
    [string] $DesktopShortcut = '',
    [string] $StartMenu = '',
    [string] $InstallDir = '',
    [switch] $StopRunning,
    [string] $WaitMinutes = '',
    [Parameter(ValueFromRemainingArguments = $true, DontShow = $true)] [string[]] $Stray
)

# What follows is from packaging/windows/scripts/shared, where the comments are; make generate writes it anew.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ExitCode = @{
    Success = 0; FileNotFound = 2; AccessDenied = 5; WrongPlatform = 50; DownloadFailed = 59; InvalidParameter = 87; UntrustedPackage = 577; Timeout = 1460; Failed = 1603; InstallerBusy = 1618; InvalidPackage = 1620
    ForbiddenByPolicy = 1625; NewerInstalled = 1638; RebootStarted = 1641; RebootRequired = 3010
}
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control, and start it with -Command "& ...; exit $LASTEXITCODE" (not with -File).'
    exit $ExitCode.ForbiddenByPolicy
}
$ScriptName = 'Install-Portico.ps1'
$Given = @{
    PortalUrl = $PortalUrl; MsiPath = $MsiPath; MsiUrl = $MsiUrl; Sha256 = $Sha256; SignerSubject = $SignerSubject; SignerThumbprint = $SignerThumbprint; AllowUnsigned = $PSBoundParameters['AllowUnsigned']
    Autostart = $Autostart; DesktopShortcut = $DesktopShortcut; StartMenu = $StartMenu; InstallDir = $InstallDir; StopRunning = $PSBoundParameters['StopRunning']; WaitMinutes = $WaitMinutes
}
if ($PSVersionTable.PSEdition -eq 'Desktop') { $env:PSModulePath = $PSHOME + '\Modules;' + $env:PSModulePath }
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
$Secret = '(?s)(?<=^[^''"]*[''"]).*(?=@)|[^\s''"]+(?=@)|(?<=//[^?\s]*\?)[^\s''"]+'
$script:LogFile = $script:MsiLog = $script:Said = ''
$script:Waiting = @() # lines that the log could not take yet
$script:Code = $null # what the script ends with
$script:Unfinished = $false # whether msiexec was left running
function Test-Windows { [CmdletBinding()] param(); return [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT }
function Get-Width { [CmdletBinding()] param(); return @{ System = $(if ([Environment]::Is64BitOperatingSystem) { 64 } else { 32 }); Process = $(if ([Environment]::Is64BitProcess) { 64 } else { 32 }) } }
function Test-Administrator { [CmdletBinding()] param()
    $me = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList ([System.Security.Principal.WindowsIdentity]::GetCurrent())
    return $me.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}
function Get-SystemFolder { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name); return [Environment]::GetFolderPath($Name) }
function Start-Script { [CmdletBinding(SupportsShouldProcess = $true)] param()
    if (Test-Windows) {
        $width = Get-Width
        if ($width.System -eq 64 -and $width.Process -eq 32) { Invoke-In64Bit }
        if (Test-Administrator) { Initialize-Log }
    }
    Assert-NoStray
}
function Assert-Computer { [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Deed)
    if (-not (Test-Windows)) {
        if (-not $PSCmdlet.ShouldProcess('a Windows computer', $Deed)) { Exit-Script -Reason 'Success' }
        Exit-Script -Reason 'WrongPlatform' -Message 'this is not Windows, and nothing was done; Portico has other packages for Linux and macOS'
    }
    if ((Get-Width).System -ne 64) { Exit-Script -Reason 'WrongPlatform' -Message 'this Windows is a 32-bit one, and Portico needs a 64-bit one' }
    if (-not (Test-Administrator) -and -not $WhatIfPreference) { Exit-Script -Reason 'AccessDenied' -Message 'run it as an administrator or as SYSTEM' }
}
function Start-PowerShell { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string[]] $Arguments)
    $ErrorActionPreference = 'Continue'
    & ($env:SystemRoot + '\sysnative\WindowsPowerShell\v1.0\powershell.exe') @Arguments
}
function Invoke-In64Bit { [CmdletBinding()] param()
    if (-not $PSCommandPath) { Exit-Script -Reason 'WrongPlatform' -Message 'this is 32-bit PowerShell, and the script has no file that 64-bit PowerShell could run; save it, or start 64-bit PowerShell' }
    $from = '(?i)^' + [regex]::Escape((Join-Path -Path $env:SystemRoot -ChildPath 'System32'))
    $to = (Join-Path -Path $env:SystemRoot -ChildPath 'SysWOW64').Replace('$', '$$')
    foreach ($name in @($Given.Keys)) {
        $text = Get-Setting -Name $name
        if ($text) { [Environment]::SetEnvironmentVariable('PORTICO_' + $name.ToUpperInvariant(), ($text -replace ($from + '(?=[\\/])'), $to)) }
    }
    [Environment]::SetEnvironmentVariable('PORTICO_SCRIPT', ($PSCommandPath -replace ($from + '(?=[\\/])'), $to))
    $words = @($Stray | Where-Object -FilterScript { ([string] $_).Trim() } | ForEach-Object -Process { " '" + ($_ -replace "['\u2018-\u201b]", '$0$0') + "'" })
    $line = '& $env:PORTICO_SCRIPT' + (-join $words)
    $silent = @('-NonInteractive')
    if ($WhatIfPreference) { $line += ' -WhatIf' }
    if ($VerbosePreference -ne 'SilentlyContinue') { $line += ' -Verbose' }
    if ($ConfirmPreference -eq 'Low') { $line += ' -Confirm'; $silent = @() }
    Start-PowerShell -Arguments (@('-NoLogo', '-NoProfile') + $silent + @('-ExecutionPolicy', 'Bypass', '-Command', ($line + '; exit $LASTEXITCODE')))
    $script:Code = $LASTEXITCODE
    throw 'The other PowerShell has done it.'
}
function Test-Link { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path); return ([System.IO.File]::GetAttributes($Path) -band [System.IO.FileAttributes]::ReparsePoint) -ne 0 }
function Test-OwnedByAdministrator { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    $owner = (Get-Acl -LiteralPath $Path).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    return @('S-1-5-18', 'S-1-5-32-544', [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value) -contains $owner
}
function Protect-Folder { [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Path)
    $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $security.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)')
    if ($PSCmdlet.ShouldProcess($Path, 'Let only administrators write to it')) { Set-Acl -LiteralPath $Path -AclObject $security }
}
function Initialize-Folder { [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Name)
    $top = Join-Path -Path (Get-SystemFolder -Name 'CommonApplicationData') -ChildPath $Product.Name
    $folder = Join-Path -Path $top -ChildPath $Name
    if ($PSCmdlet.ShouldProcess($folder, 'Create a folder that only administrators can write to')) {
        foreach ($path in @($top, $folder)) {
            $null = [System.IO.Directory]::CreateDirectory($path)
            if (Test-Link -Path $path) { throw ('{0} is a link to somewhere else; remove it' -f $path) }
            if (-not (Test-OwnedByAdministrator -Path $path)) { throw ('{0} belongs to somebody who is no administrator; remove it' -f $path) }
            Protect-Folder -Path $path
        }
        return $folder
    }
    return ''
}
function Clear-PlantedFile { [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Path)
    $there = Get-Item -LiteralPath $Path -Force -ErrorAction SilentlyContinue
    $planted = $null -ne $there -and ($there.LinkType -or ($there.Attributes -band [System.IO.FileAttributes]::ReparsePoint))
    if ($planted -and $PSCmdlet.ShouldProcess($Path, 'Remove the link')) {
        [System.IO.File]::Delete($Path)
        Write-Reason -Message ('{0} was a link to another file, and was removed; somebody may have put it there to have that file overwritten' -f $Path)
    }
}
function Initialize-Log { [CmdletBinding(SupportsShouldProcess = $true)] param()
    try {
        $folder = Initialize-Folder -Name 'Logs'
        if ($folder -and $PSCmdlet.ShouldProcess($folder, 'Write a log')) {
            $stem = Join-Path -Path $folder -ChildPath ($ScriptName -replace '\.ps1$', '')
            foreach ($end in @('.log', '.log.old', '-msi.log')) { Clear-PlantedFile -Path ($stem + $end) }
            if ([System.IO.Directory]::Exists($stem + '.log')) { throw ('{0}.log is a folder; remove it' -f $stem) }
            if ((Test-Path -LiteralPath ($stem + '.log')) -and (Get-Item -LiteralPath ($stem + '.log')).Length -gt 1mb) { Move-Item -LiteralPath ($stem + '.log') -Destination ($stem + '.log.old') -Force }
            $script:LogFile = $stem + '.log'
            Write-Log -Message ('{0} begins in process {1}, PowerShell {2}' -f $ScriptName, $PID, $PSVersionTable.PSVersion)
            if (Test-Path -LiteralPath ($stem + '-msi.log')) { [System.IO.File]::OpenWrite($stem + '-msi.log').Dispose() }
            $script:MsiLog = $stem + '-msi.log'
        }
    } catch {
        Write-Reason -Message ('{0} can be written: {1}' -f $(if ($script:LogFile) { 'no log of msiexec' } else { 'no log' }), (Get-Sentence -Failure $_))
    }
}
function Get-MsiLog { [CmdletBinding()] param()
    if ($script:MsiLog) { return 'its log is ' + $script:MsiLog }
    return 'it has no log, since none could be written'
}
function Wait-WindowsInstaller { [CmdletBinding()] param([Parameter(Mandatory = $true)] [DateTime] $Until)
    $mutex = $null
    try {
        $mutex = [System.Threading.Mutex]::OpenExisting('Global\_MSIExecute')
    } catch [System.Threading.WaitHandleCannotBeOpenedException] {
        return $true
    } catch {
        Write-Log -Message ('Whether another installation runs cannot be seen: {0}' -f (Get-Sentence -Failure $_))
        return $true
    }
    $left = [int] [Math]::Max(0, [Math]::Ceiling(($Until - [DateTime]::UtcNow).TotalMilliseconds))
    $free = $false
    try {
        $free = $mutex.WaitOne($left)
    } catch [System.Threading.AbandonedMutexException] {
        $free = $true # its owner ended without releasing it, and we hold it now
    }
    if ($free) { $mutex.ReleaseMutex() }
    $mutex.Dispose()
    return $free
}
function Start-Msiexec { [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Arguments, [Parameter(Mandatory = $true)] [int] $Minutes)
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = Join-Path -Path ([Environment]::SystemDirectory) -ChildPath 'msiexec.exe'
    $start.Arguments = $Arguments
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    if ($PSCmdlet.ShouldProcess($start.FileName, $Arguments)) {
        $process = [System.Diagnostics.Process]::Start($start)
        if ($process.WaitForExit($Minutes * 60000)) { return $process.ExitCode }
    }
    return $null
}
function Invoke-WindowsInstaller { [CmdletBinding()] param([Parameter(Mandatory = $true)] [scriptblock] $Decide, [Parameter(Mandatory = $true)] [int] $WaitMinutes)
    $runMinutes = 30
    $until = [DateTime]::UtcNow.AddMinutes($WaitMinutes)
    do {
        if (-not (Wait-WindowsInstaller -Until $until)) {
            Exit-Script -Reason 'InstallerBusy' -Message ('another installation was still running after {0} minutes; try again, or wait longer with -WaitMinutes' -f $WaitMinutes)
        }
        $arguments = [string] (& $Decide)
        if (-not $arguments) { return 1605 }
        Write-Log -Message ('msiexec.exe {0}' -f $arguments)
        $script:Unfinished = $true # also where this is broken off
        $result = Start-Msiexec -Arguments $arguments -Minutes $runMinutes -Confirm:$false
        $script:Unfinished = $null -eq $result
        if ($script:Unfinished) { Exit-Script -Reason 'Timeout' -Message ('Windows Installer has not finished within {0} minutes; it was not ended and may still finish' -f $runMinutes) }
        Write-Log -Message ('msiexec.exe ended with {0}' -f $result)
        $again = $result -eq $ExitCode.InstallerBusy -and [DateTime]::UtcNow -lt $until
        if ($again) {
            Start-Sleep -Seconds 5 # somebody else was quicker
        }
    } while ($again)
    return $result
}
function Get-CodeName { [CmdletBinding()] param([Parameter(Mandatory = $true)] [int] $Code)
    $shared = @('Success', 'InstallerBusy', 'InvalidPackage', 'ForbiddenByPolicy', 'RebootStarted', 'RebootRequired')
    $name = $shared | Where-Object -FilterScript { $ExitCode.ContainsKey($_) -and $ExitCode[$_] -eq $Code }
    if ($name) { return $name }
    return 'Failed'
}
function Get-Maker { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path); return [string] [System.Diagnostics.FileVersionInfo]::GetVersionInfo($Path).CompanyName }
function Stop-Portico { [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Folder)
    $makers = @($Product.Manufacturer) + @($(if (@(Get-ProgramFolder) -contains $Folder.TrimEnd('\')) { '' }))
    foreach ($process in @(Get-Process -Name $ProgramName -ErrorAction SilentlyContinue)) {
        $path = ''
        try {
            $path = [string] $process.MainModule.FileName
        } catch {
            Write-Log -Message ('Process {0} ({1}) ended or cannot be looked at' -f $process.ProcessName, $process.Id)
        }
        $within = $Folder.TrimEnd('\') + [System.IO.Path]::DirectorySeparatorChar
        $ours = $Folder -and $path.StartsWith($within, [StringComparison]::OrdinalIgnoreCase) -and $makers -contains (Get-Maker -Path $path)
        if ($ours -and $PSCmdlet.ShouldProcess($path + ', process ' + $process.Id, 'End the program')) {
            Stop-Process -Id $process.Id -Force -ErrorAction SilentlyContinue
            Wait-Process -Id $process.Id -Timeout 10 -ErrorAction SilentlyContinue
            Write-Log -Message ('Ended {0}, process {1}' -f $path, $process.Id)
        }
    }
}
function ConvertTo-PackedGuid { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Guid)
    $left = $Guid -replace '[{}-]', ''
    $packed = ''
    foreach ($length in @(8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2)) {
        $group = $left.Substring(0, $length).ToCharArray()
        [Array]::Reverse($group)
        $packed = $packed + (-join $group)
        $left = $left.Substring($length)
    }
    return $packed.ToUpperInvariant()
}
function ConvertFrom-PackedGuid { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Packed)
    return '{' + ((ConvertTo-PackedGuid -Guid $Packed) -replace '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '$1-$2-$3-$4-$5') + '}'
}
function Open-Machine { [CmdletBinding()] param([string] $View = 'Registry64'); return [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $View) }
function Read-Key { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path, [string] $View = 'Registry64')
    $read = @{ There = $false; Keys = @(); Names = @(); Value = @{} }
    $machine = Open-Machine -View $View
    try { $key = $machine.OpenSubKey($Path) } catch { throw ('HKLM\{0} cannot be read: {1}' -f $Path, (Get-Sentence -Failure $_)) }
    if ($null -ne $key) {
        $read.There = $true
        $read.Keys = @($key.GetSubKeyNames())
        $read.Names = @($key.GetValueNames())
        foreach ($name in $read.Names) { $read.Value[$name] = $key.GetValue($name, '', 'DoNotExpandEnvironmentNames') }
        $key.Dispose()
    }
    $machine.Dispose()
    return $read
}
function Get-LostCode { [CmdletBinding()] param()
    $classes = 'SOFTWARE\Classes\Installer\Products'
    foreach ($packed in @(@((Read-Key -Path ($UserDataPath + '\Products')).Keys) + (Read-Key -Path $classes).Keys) -match '^[0-9A-Fa-f]{32}$') {
        try {
            $facts = (Read-Key -Path ($UserDataPath + '\Products\' + $packed + '\InstallProperties')).Value
            $package = [string] (Read-Key -Path ($classes + '\' + $packed + '\SourceList')).Value['PackageName']
            $named = (Read-Key -Path ($classes + '\' + $packed)).Value['ProductName'] -eq $Product.Name
            if (($facts['DisplayName'] -eq $Product.Name -and $facts['Publisher'] -eq $Product.Manufacturer) -or ($named -and $package -match '^portico-.*-x64\.msi$')) { ConvertFrom-PackedGuid -Packed $packed }
        } catch {
            Write-Log -Message ('A record is passed over: {0}' -f (Get-Sentence -Failure $_))
        }
    }
}
function Get-InstalledProduct { [CmdletBinding()] param()
    $packed = ConvertTo-PackedGuid -Guid $Product.UpgradeCode
    $codes = @(Get-LostCode)
    foreach ($path in $UpgradeCodePath) { $names = @((Read-Key -Path ($path + '\' + $packed)).Names) -match '^[0-9A-Fa-f]{32}$'; $codes += @($names | ForEach-Object -Process { ConvertFrom-PackedGuid -Packed $_ }) }
    $entries = @{}
    foreach ($view in @('Registry64', 'Registry32')) {
        foreach ($name in @((Read-Key -Path $UninstallPath -View $view).Keys) -match '^\{[0-9A-Fa-f-]{36}\}$') {
            try {
                $entry = (Read-Key -Path ($UninstallPath + '\' + $name) -View $view).Value
            } catch {
                Write-Log -Message ('An entry is passed over: {0}' -f (Get-Sentence -Failure $_))
                continue
            }
            $entries[$name] = $entry
            if ($entry['DisplayName'] -eq $Product.Name -and $entry['Publisher'] -eq $Product.Manufacturer) { $codes += $name.ToUpperInvariant() }
        }
    }
    foreach ($code in @($codes | Sort-Object -Unique)) {
        $packed = ConvertTo-PackedGuid -Guid $code
        $known = (Read-Key -Path ('SOFTWARE\Classes\Installer\Products\' + $packed)).There -and (Read-Key -Path ($UserDataPath + '\Products\' + $packed)).There
        $facts = (Read-Key -Path ($UserDataPath + '\Products\' + $packed + '\InstallProperties')).Value
        if ($entries.ContainsKey($code)) { $facts = $entries[$code] }
        New-Object -TypeName PSObject -Property @{
            ProductCode = $code
            Version     = [string] $facts['DisplayVersion']
            Folder      = [string] $facts['InstallLocation']
            Known       = $known
            Entry       = $entries.ContainsKey($code)
        }
    }
}
function Get-Remembered { [CmdletBinding()] param(); return (Read-Key -Path $Product.SettingsKey).Value }
function Get-Defect { [CmdletBinding()] param([Parameter(Mandatory = $true)] [PSObject] $Installed)
    if (-not $Installed.Known) { return 'of {0} only a trace is left in the registry' -f $Installed.ProductCode }
    if (-not $Installed.Entry) { return '{0} has no entry in Apps & Features' -f $Installed.ProductCode }
    if ($null -eq (ConvertTo-ShortVersion -Text $Installed.Version)) { return "its version is '{0}', which cannot be read" -f $Installed.Version }
    $folder = $Installed.Folder
    if (-not $folder) { $folder = [string] (Get-Remembered)['InstallDir'] }
    foreach ($name in $ProgramName) {
        $program = [System.IO.Path]::Combine($folder, $name + '.exe')
        if (-not $folder -or -not [System.IO.File]::Exists($program)) { return "there is no {0}.exe in '{1}'" -f $name, $folder }
        if ((New-Object -TypeName System.IO.FileInfo -ArgumentList $program).Length -eq 0) { return '{0} is empty' -f $program }
    }
    return ''
}
function Get-Setting { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name)
    $texts = @([string] $Given[$Name], [Environment]::GetEnvironmentVariable('PORTICO_' + $Name.ToUpperInvariant()))
    if ($Name -eq 'PortalUrl') { $texts += [Environment]::GetEnvironmentVariable('PORTALURL') }
    foreach ($text in $texts) {
        $bare = ([string] $text).Trim() -replace '(?s)^(?:(\\?["''])(?<in>.*)\1|[\u2018-\u201f\u00ab\u00bb](?<in>.*)[\u2018-\u201f\u00ab\u00bb])$', '${in}'
        if ($bare.Trim() -and $bare.Trim() -ne 'null') { return $bare.Trim() }
    }
    return ''
}
function Get-Choice { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name, [Parameter(Mandatory = $true)] [string[]] $Allowed)
    $flags = @{ '1' = 'yes'; 'true' = 'yes'; 'yes' = 'yes'; 'on' = 'yes'; '0' = 'no'; 'false' = 'no'; 'no' = 'no'; 'off' = 'no' }
    $text = Get-Setting -Name $Name
    if ($Allowed -contains 'yes' -and $flags.ContainsKey($text)) { $text = $flags[$text] }
    if ($text -and $Allowed -notcontains $text) { Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be one of: {2}" -f $Name, $text, ($Allowed -join ', ')) }
    return $text.ToLowerInvariant()
}
function Test-Flag { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name); return (Get-Choice -Name $Name -Allowed @('yes', 'no')) -eq 'yes' }
function Get-Number { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name, [Parameter(Mandatory = $true)] [int] $Default, [Parameter(Mandatory = $true)] [int] $Maximum)
    $text = Get-Setting -Name $Name
    $number = $Default
    if ($text -and (-not [int]::TryParse($text, [ref] $number) -or $number -lt 0 -or $number -gt $Maximum)) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be a whole number from 0 to {2}" -f $Name, $text, $Maximum)
    }
    return $number
}
function Assert-NoStray { [CmdletBinding()] param()
    $words = @($Stray | Where-Object -FilterScript { ([string] $_).Trim() })
    if ($words.Count -gt 0) { Exit-Script -Reason 'InvalidParameter' -Message ("'{0}' belongs to no parameter; -NAME VALUE gives one, and a switch is its name alone or -NAME:`$false" -f $words[0]) }
}
function Get-PortalUrl { [CmdletBinding()] param()
    $text = Get-Setting -Name 'PortalUrl'
    if (-not $text -or $text -eq 'none') { return $text.ToLowerInvariant() }
    $unseen = '[\p{Cc}\p{Cf}\p{Z}\s\u115f\u1160\u17b4\u17b5\u3164\uffa0]|\ud804[\udcbd\udccd]|\ud80d[\udc30-\udc3f]|\ud82f[\udca0-\udca3]|\ud834[\udd73-\udd7a]|\udb40[\udc00-\udc7f]'
    $good = $text.Length -le 4096 -and $text -notmatch ($unseen + '|["<>\\#@]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]') -and
        $text -match '^((?<scheme>https?)://)?(?<name>\[[0-9a-f:.]+\]|[\p{L}\p{Mn}\p{Mc}\p{Nd}.-]+)(:(?<port>[1-9][0-9]{0,4}))?(?<path>/[^?]*)?(?<query>\?.*)?$'
    if ($good) {
        $part = $Matches
        $name = $part['name'].Trim('[', ']')
        $ip = $null
        $isIp = $name -match '^([0-9a-f:]+:)?((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(?=.)|$)){4}$|^[0-9a-f:]+:[0-9a-f:]*$' -and [System.Net.IPAddress]::TryParse($name, [ref] $ip)
        $here = $name -match '^localhost$' -or ($isIp -and [System.Net.IPAddress]::IsLoopback($ip))
        $off = @('metadata.google.internal', 'metadata.goog', 'instance-data.ec2.internal') -contains $name -or
            ($isIp -and [BitConverter]::ToString($ip.GetAddressBytes()) -match '^((00-){10}FF-FF-|00-64-FF-9B-(00-){8})?(A9-FE-..-..$|A8-3F-81-10$)|^FE-[89AB]|^FD-(00-0E-C2|20-00-CE)-(00-){10}02-54$')
        $scheme = $(if ($part['scheme']) { $part['scheme'] } elseif ($here) { 'http' } else { 'https' })
        $ascii = $name
        if ($name -cmatch '[^\x00-\x7f]') {
            $ascii = ''
            if ($name -cnotmatch ('[\u017f\u034f\u037a\u04c0\u0660-\u0669\u06f0-\u06f9\u10a0-\u10c5\u180b-\u180f\u212a\u2132\u2183\uf900-\uffff]|(^|\.)[-\p{M}\u0e33\u0eb3]|--|-(\.|$)|^(?=.*[LEFT])(.*\.)?[0-9]|' +
                    '(^|\.)(?=[^.]*[LEFT])(?![LEFT]([LEFT0-9-]*(?!\p{M})[LEFT])?(\.|$))').Replace('LEFT', '\u0590-\u08ff')) {
                try {
                    $ascii = (New-Object -TypeName System.Globalization.IdnMapping).GetAscii($name)
                } catch {
                    $ascii = ''
                }
            }
        }
        $good = ($here -or $isIp -or $name -match '^([^.:]+\.)+(?![0-9]+$|0x[0-9a-f]*$)[^.:]+$') -and $name.Contains(':') -eq $part['name'].StartsWith('[') -and
            ($scheme -eq 'https' -or ($name -match '^(localhost|127\.0\.0\.1|::1)$' -and ($part['port'] -or $part['path'] -or -not $part['query']))) -and
            -not $off -and $ascii -match '^(?=.{1,253}$)[^.]{1,63}(\.[^.]{1,63})*$' -and ($part['scheme'] -or -not $text.Contains('://')) -and
            (-not $part['port'] -or [int] $part['port'] -le 65535) -and [string] $part['path'] -notmatch '%(?![0-9a-f]{2})'
    }
    if (-not $good) { Exit-Script -Reason 'InvalidParameter' -Message ("-PortalUrl is '{0}'; it has to be an address like https://portal.example.com, without a person's name, an at sign or #" -f $text) }
    return $(if ($part['scheme']) { $text } else { $scheme + '://' + $text }).TrimEnd('/')
}
function ConvertTo-ShortVersion { [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text)
    $parsed = $null
    $bare = ($Text -split '[-+]')[0] -replace '^([0-9]+)$', '$1.0'
    if (-not [Version]::TryParse($bare, [ref] $parsed)) { return $null }
    return New-Object -TypeName System.Version -ArgumentList $parsed.Major, $parsed.Minor, ([Math]::Max($parsed.Build, 0))
}
function ConvertTo-PlainPortal { [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowNull()] [AllowEmptyString()] [string] $Text); return ([string] $Text).TrimEnd('/') -replace '^none$', '' }
function Get-ProgramFolder { [CmdletBinding()] param()
    $told = ([string] (Get-Remembered)['InstallDir']).TrimEnd('\')
    $path = $told + [System.IO.Path]::DirectorySeparatorChar
    $ours = @($ProgramName | Where-Object -FilterScript { [System.IO.File]::Exists($path + $_ + '.exe') -and (Get-Maker -Path ($path + $_ + '.exe')) -eq $Product.Manufacturer })
    $named = @(Get-InstalledProduct | ForEach-Object -Process { $_.Folder }) + @($ours | ForEach-Object -Process { $told })
    return @($named | Where-Object -FilterScript { $_ } | ForEach-Object -Process { $_.TrimEnd('\') } | Sort-Object -Unique)
}
function Write-Log { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Message)
    $Message = $Message -replace $Secret, '***'
    Write-Verbose -Message $Message
    if ($script:LogFile) {
        $script:Waiting += '{0} {1}{2}' -f [DateTime]::UtcNow.ToString('o'), $Message, [Environment]::NewLine
        try {
            [System.IO.File]::AppendAllText($script:LogFile, (-join $script:Waiting), (New-Object -TypeName System.Text.UTF8Encoding))
            $script:Waiting = @()
        } catch {
            Write-Verbose -Message 'The log is in use or the disk is full: these lines wait for the next one, and nothing is decided by it.'
        }
    }
}
function Write-Reason { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Message)
    $text = New-Object -TypeName System.Exception -ArgumentList ('{0}: {1}' -f $ScriptName, ($Message -replace $Secret, '***' -replace '\s*[\r\n]+\s*', ' '))
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $text, 'NativeCommandErrorMessage', 'NotSpecified', $null
    & { Write-Error -ErrorRecord $record -ErrorAction Continue }
}
function Exit-Script { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Reason, [string] $Message = '')
    $script:Code = $ExitCode[$Reason]
    $Message = [regex]::Replace($Message, '[\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0]', { param($found) '(U+{0:X4})' -f [int] [char] $found.Value })
    Write-Log -Message ('{0} ({1}): {2}' -f $Reason, $script:Code, $Message)
    if (@('Success', 'RebootRequired', 'RebootStarted') -contains $Reason) {
        $script:Said = $Message
    } else {
        Write-Reason -Message ('{0} (exit code {1}, {2})' -f $Message, $script:Code, $Reason)
    }
    throw 'The script ends here.'
}
function Complete-Script { [CmdletBinding()] param([AllowNull()] [object] $Failure)
    if ($null -eq $script:Code) {
        $script:Code = $ExitCode.Failed
        if ($null -ne $Failure) {
            Write-Log -Message ('Failed ({0}): {1} ({2})' -f $script:Code, (Get-Sentence -Failure $Failure), ([string] $Failure.ScriptStackTrace -split "`r?`n")[0])
            Write-Reason -Message ('{0} (exit code {1}, Failed)' -f (Get-Sentence -Failure $Failure), $script:Code)
        }
    }
    Write-Log -Message ('Ends with {0}' -f $script:Code)
    for ($try = 1; $script:LogFile -and $script:Waiting.Count -gt 0 -and $try -le 5; $try++) {
        Start-Sleep -Seconds 1
        Write-Log -Message ('The log was in use ({0})' -f $try)
    }
    if ($script:LogFile -and $script:Waiting.Count -gt 0) { Write-Reason -Message ('{0} is in use, and lacks the last lines' -f $script:LogFile) }
    $global:LASTEXITCODE = $script:Code
    if ($script:Said) { Write-Output $script:Said }
    $words = @([Environment]::GetCommandLineArgs() -match '^[-/](c|co|com.*|f|fi.*|e|ec|en.*)$')
    if (-not $PSCommandPath -and ($words.Count -eq 0 -or @([Environment]::GetCommandLineArgs() -match '^[-/]noe').Count -gt 0)) { return }
    exit $script:Code
}
function Get-Sentence { [CmdletBinding()] param([Parameter(Mandatory = $true)] [object] $Failure); return $Failure.Exception.GetBaseException().Message }
# What precedes was shared.

# Under which name the MSI remembers a property. INSTALLDIR does not change where the same version is installed.
$RememberedAs = @{ PORTALURL = 'PortalUrl'; AUTOSTART = 'Autostart'; DESKTOPSHORTCUT = 'DesktopShortcut'; STARTMENU = 'StartMenu' }
# What becomes of an MSI whose signature is in this state (the Status of Get-AuthenticodeSignature). Every other state is
# refused, whatever was given: somebody has signed something, and it does not fit.
$SignatureRule = @{ Valid = 'accept'; NotSigned = 'only-with-hash' }

function Get-InstallDir {
    # The folder to install into, or ''.
    [CmdletBinding()] param()
    $folder = (Get-Setting -Name 'InstallDir').TrimEnd('\')
    if (-not $folder) {
        return ''
    }
    $wrong = ''
    # A semicolon would end the entry in PATH.
    if ($folder -notmatch '^(?=.{1,200}\z)[A-Za-z]:(\\[^\x00-\x1f"<>|?*:/\\;%]+)+\z') {
        $wrong = 'it has to be a whole path like C:\Program Files\Portico of 200 characters at most, without any of "<>|?*:/;%'
    }
    foreach ($part in @($folder -split '\\' | Select-Object -Skip 1)) {
        if ($part -match '[.\p{Z}]\z|^\p{Z}|~[0-9]|[\p{Cf}\x7f-\x9f\u2028\u2029\u034f\u115f\u1160\u3164\uffa0]') {
            $wrong = 'no folder in it may begin with a blank, end with a dot or a blank, have a character that nobody sees, or be a short name like PROGRA~1'
        } elseif ($part -match '^(CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(\.|\z)') {
            $wrong = '{0} is the name of a device' -f $part
        }
    }
    $windows = Get-SystemFolder -Name 'Windows'
    $shared = @('ProgramFiles', 'ProgramFilesX86', 'CommonProgramFiles', 'CommonProgramFilesX86', 'CommonApplicationData' | ForEach-Object -Process { Get-SystemFolder -Name $_ }) + ($windows -replace '\\[^\\]*$', '\Users')
    if ($shared -contains $folder -or $folder -match '^.:\\(\$[^\\]*|System Volume Information|Config\.Msi|Recovery|Boot|EFI|Program Files\\WindowsApps|Documents and Settings|Users\\(Public|Default|Default User|All Users))(\\|\z)' -or ($windows -and ($folder + '\').StartsWith($windows + '\', [StringComparison]::OrdinalIgnoreCase))) {
        $wrong = 'that is a folder of Windows itself; add one, as in C:\Program Files\Portico'
    }
    if ($wrong) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-InstallDir is '{0}'; {1}" -f $folder, $wrong)
    }
    return $folder
}

function Get-Wish {
    # The settings that were given, checked, as the MSI's properties.
    [CmdletBinding()] param()
    $wish = @{
        PORTALURL  = Get-PortalUrl
        AUTOSTART  = Get-Choice -Name 'Autostart' -Allowed @('always', 'never', 'user-decides')
        INSTALLDIR = Get-InstallDir
    }
    foreach ($name in @('DesktopShortcut', 'StartMenu')) {
        $wish[$name.ToUpperInvariant()] = (Get-Choice -Name $name -Allowed @('yes', 'no')) -replace 'yes', '1' -replace 'no', '0'
    }
    foreach ($name in @($wish.Keys | Where-Object -FilterScript { -not $wish[$_] })) {
        $wish.Remove($name)
    }
    return $wish
}

function Get-Source {
    # Where the MSI comes from and what it has to be, checked as far as words can be.
    [CmdletBinding()] param()
    $source = @{
        # Windows' dialogs copy U+200E with a thumbprint and U+202A with a path, which nobody sees.
        Path       = (Get-Setting -Name 'MsiPath') -replace '\p{Cf}', ''
        Url        = Get-Setting -Name 'MsiUrl'
        UrlToShow  = ''
        Sha256     = (Get-Setting -Name 'Sha256') -replace '[\s\p{Cf}]', ''
        Subject    = (Get-Setting -Name 'SignerSubject') -replace '\p{Cf}', ''
        Thumbprint = (Get-Setting -Name 'SignerThumbprint') -replace '[\s:\p{Cf}]', ''
        Unsigned   = Test-Flag -Name 'AllowUnsigned'
    }
    if ($source.Sha256 -and $source.Sha256 -notmatch '^[0-9A-Fa-f]{64}$') {
        Exit-Script -Reason 'InvalidParameter' -Message ("-Sha256 is '{0}'; it has to be 64 hexadecimal digits" -f $source.Sha256)
    }
    if ($source.Thumbprint -and $source.Thumbprint -notmatch '^[0-9A-Fa-f]{40}$') {
        Exit-Script -Reason 'InvalidParameter' -Message ("-SignerThumbprint is '{0}'; it has to be 40 hexadecimal digits" -f $source.Thumbprint)
    }
    if ($source.Url) {
        $uri = $null
        if (-not [Uri]::TryCreate($source.Url, [UriKind]::Absolute, [ref] $uri) -or $uri.Scheme -ne 'https') {
            Exit-Script -Reason 'InvalidParameter' -Message '-MsiUrl has to be an https address'
        }
        # Everybody may read the log, and what comes after the path can be a key to the store.
        $source.UrlToShow = 'https://' + $uri.Authority + $uri.AbsolutePath
        if ($source.Path) {
            Exit-Script -Reason 'InvalidParameter' -Message '-MsiPath and -MsiUrl cannot be given together'
        }
        if (-not $source.Sha256) {
            Exit-Script -Reason 'InvalidParameter' -Message '-MsiUrl needs -Sha256, the one in the SHA256SUMS of the release'
        }
    }
    return $source
}

function Find-Msi {
    # The MSI on this computer: the one that was named, or the only one beside this script.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Path)
    if ($Path) {
        $whole = $Path
        try {
            $whole = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
            $there = Test-Path -LiteralPath $whole -PathType Leaf
        } catch {
            # SYSTEM does not see the drives that a person has mapped.
            Exit-Script -Reason 'FileNotFound' -Message ("there is no file '{0}': {1}" -f $Path, (Get-Sentence -Failure $_))
        }
        if (-not $there) {
            Exit-Script -Reason 'FileNotFound' -Message ("there is no file '{0}'" -f $whole)
        }
        return $whole
    }
    $folder = $(if ($PSScriptRoot) { $PSScriptRoot } else { (Get-Location -PSProvider FileSystem).ProviderPath })
    $found = @(Get-ChildItem -LiteralPath $folder -Filter 'portico-*-x64.msi' -File)
    if ($found.Count -ne 1) {
        Exit-Script -Reason 'FileNotFound' -Message ('{0} has {1} files named portico-*-x64.msi, and not one; give -MsiPath' -f $folder, $found.Count)
    }
    return $found[0].FullName
}

function Save-Msi {
    # Downloads the MSI into a folder that only administrators can write to, under a name that nobody can know beforehand; '' when it
    # is only asked what it would do.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [hashtable] $Source)
    $folder = Initialize-Folder -Name 'Download'
    if ($PSCmdlet.ShouldProcess($Source.UrlToShow, 'Download the MSI')) {
        # What msiexec still ran from at the last time.
        Get-ChildItem -LiteralPath $folder -Filter 'portico-*-x64.msi' -File | Where-Object -FilterScript { $_.LastWriteTimeUtc -lt [DateTime]::UtcNow.AddDays(-1) } | Remove-Item -Force -ErrorAction SilentlyContinue
        $file = Join-Path -Path $folder -ChildPath ('portico-{0}-x64.msi' -f (New-Guid).ToString('N'))
        # Windows PowerShell on older systems offers TLS 1.0 alone. Where the system itself decides (0), naming one would shut out TLS 1.3.
        if ([int] [System.Net.ServicePointManager]::SecurityProtocol -ne 0) {
            [System.Net.ServicePointManager]::SecurityProtocol = [System.Net.ServicePointManager]::SecurityProtocol -bor [System.Net.SecurityProtocolType]::Tls12
        }
        $ProgressPreference = 'SilentlyContinue' # it takes longer than the download
        try {
            [System.IO.File]::Open($file, [System.IO.FileMode]::CreateNew).Dispose()
            $script:Downloaded = $file # before it is whole: who breaks it off leaves no half of it
            Invoke-WebRequest -Uri $Source.Url -OutFile $file -UseBasicParsing -TimeoutSec 600
        } catch {
            Exit-Script -Reason 'DownloadFailed' -Message ('{0} could not be downloaded: {1}' -f $Source.UrlToShow, (Get-Sentence -Failure $_))
        }
        return $file
    }
    $null = $PSCmdlet.ShouldProcess([Environment]::MachineName, ('Install the downloaded MSI when its SHA-256 is {0}' -f $Source.Sha256))
    return ''
}

function Remove-Download {
    # Removes the MSI that was downloaded. It is asked here: text that is no file, as of irm | iex, has no $PSCmdlet.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Path)
    if ($PSCmdlet.ShouldProcess($Path, 'Remove the download')) {
        Remove-Item -LiteralPath $Path -Force -ErrorAction SilentlyContinue
    }
}

function Open-Msi {
    # Opens the MSI so that nobody can change or exchange it between the look at it and its run, and looks whether it can be one.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    try {
        $file = [System.IO.File]::Open($Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, [System.IO.FileShare]::Read)
    } catch {
        Exit-Script -Reason 'Failed' -Message ('{0} cannot be read; another program may have it open, or SYSTEM may not read it: {1}' -f $Path, (Get-Sentence -Failure $_))
    }
    # A link could be turned before msiexec opens it. While the file is open no folder on the way can be exchanged.
    for ($way = $Path; $way; $way = [System.IO.Path]::GetDirectoryName($way)) {
        if (@('SymbolicLink', 'Junction') -contains (Get-Item -LiteralPath $way -Force).LinkType) {
            $file.Dispose()
            Exit-Script -Reason 'Failed' -Message ("'{0}' is a link; give the place that it leads to" -f $way)
        }
    }
    $head = New-Object -TypeName 'byte[]' -ArgumentList 8
    if ($file.Length -lt 1536 -or $file.Read($head, 0, 8) -ne 8 -or [BitConverter]::ToString($head) -ne 'D0-CF-11-E0-A1-B1-1A-E1') {
        $file.Dispose()
        Exit-Script -Reason 'InvalidPackage' -Message ('{0} is no MSI' -f $Path)
    }
    return $file
}

function Get-Sha256 {
    # The SHA-256 of a file, by .NET: Get-FileHash is missing where Windows PowerShell was started below another one.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [System.IO.Stream] $File)
    $algorithm = [System.Security.Cryptography.SHA256]::Create()
    $null = $File.Seek(0, [System.IO.SeekOrigin]::Begin)
    $hash = [BitConverter]::ToString($algorithm.ComputeHash($File)) -replace '-', ''
    $algorithm.Dispose()
    return $hash
}

function Assert-Msi {
    # Ends the script unless the MSI is the one that is meant. What it is comes before who signed it: a broken file has no signature.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path, [Parameter(Mandatory = $true)] [System.IO.Stream] $File, [Parameter(Mandatory = $true)] [hashtable] $Source)
    $problem = ''
    if ($Source.Sha256) {
        $hash = Get-Sha256 -File $File
        if ($hash -ne $Source.Sha256) {
            Exit-Script -Reason 'UntrustedPackage' -Message ('{0} has the SHA-256 {1} and not {2}; it was not run' -f $Path, $hash, $Source.Sha256)
        }
    }
    $msi = Read-Msi -Path $Path
    $signature = Get-AuthenticodeSignature -LiteralPath $Path
    $state = [string] $signature.Status
    $rule = [string] $SignatureRule[$state]
    if ($rule -eq 'accept') {
        $certificate = $signature.SignerCertificate
        $name = $certificate.GetNameInfo([System.Security.Cryptography.X509Certificates.X509NameType]::SimpleName, $false)
        if ($Source.Thumbprint -and $certificate.Thumbprint -ne $Source.Thumbprint) {
            $problem = '{0} is signed with the certificate {1} and not {2}' -f $Path, $certificate.Thumbprint, $Source.Thumbprint
        } elseif ($Source.Subject -and $Source.Subject -ne $certificate.Subject -and $Source.Subject -ne $name) {
            $problem = "{0} is signed by '{1}' and not by '{2}'" -f $Path, $certificate.Subject, $Source.Subject
        }
        Write-Log -Message ('{0} is signed by {1}' -f $Path, $certificate.Subject)
    } elseif ($rule -ne 'only-with-hash' -or $Source.Thumbprint -or $Source.Subject) {
        $problem = 'the signature of {0} is not good ({1})' -f $Path, $state
    } elseif (-not $Source.Sha256 -and -not $Source.Unsigned) {
        $problem = 'nobody has signed {0}, and no -Sha256 was given to know it by' -f $Path
    }
    if ($problem) {
        Exit-Script -Reason 'UntrustedPackage' -Message ($problem + '; it was not run')
    }
    return $msi
}

function Read-MsiTable {
    # ProductName, ProductVersion, ProductCode and UpgradeCode of an MSI, read by Windows Installer itself.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    $read = @{}
    $installer = New-Object -ComObject 'WindowsInstaller.Installer'
    $database = $installer.GetType().InvokeMember('OpenDatabase', 'InvokeMethod', $null, $installer, @($Path, 0))
    foreach ($name in @('ProductName', 'ProductVersion', 'ProductCode', 'UpgradeCode')) {
        $query = "SELECT Value FROM Property WHERE Property = '{0}'" -f $name
        $view = $database.GetType().InvokeMember('OpenView', 'InvokeMethod', $null, $database, @($query))
        $null = $view.GetType().InvokeMember('Execute', 'InvokeMethod', $null, $view, $null)
        $record = $view.GetType().InvokeMember('Fetch', 'InvokeMethod', $null, $view, $null)
        $read[$name] = [string] $record.GetType().InvokeMember('StringData', 'GetProperty', $null, $record, @(1))
        $null = $view.GetType().InvokeMember('Close', 'InvokeMethod', $null, $view, $null)
        $null = [System.Runtime.InteropServices.Marshal]::ReleaseComObject($view)
    }
    # Until it is let go of, msiexec finds the file in use.
    $null = [System.Runtime.InteropServices.Marshal]::ReleaseComObject($database)
    $null = [System.Runtime.InteropServices.Marshal]::ReleaseComObject($installer)
    return $read
}

function Read-Msi {
    # What the MSI says of itself; ends the script where it is not Portico's.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    try {
        $read = Read-MsiTable -Path $Path
    } catch {
        Exit-Script -Reason 'InvalidPackage' -Message ('{0} cannot be read as an MSI: {1}' -f $Path, (Get-Sentence -Failure $_))
    }
    if ($read.UpgradeCode -ne $Product.UpgradeCode -or $null -eq (ConvertTo-ShortVersion -Text $read.ProductVersion)) {
        Exit-Script -Reason 'InvalidPackage' -Message ("{0} is '{1}' of version '{2}', and not {3}" -f $Path, $read.ProductName, $read.ProductVersion, $Product.Name)
    }
    return $read
}

function Get-Difference {
    # The properties whose wished value is not the remembered one.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [hashtable] $Wish)
    $remembered = Get-Remembered
    foreach ($name in @($RememberedAs.Keys | Where-Object -FilterScript { $Wish.ContainsKey($_) } | Sort-Object)) {
        $before = [string] $remembered[$RememberedAs[$name]]
        $same = $before -ceq $Wish[$name]
        if ($name -eq 'PORTALURL') {
            $same = (ConvertTo-PlainPortal -Text $before) -ceq (ConvertTo-PlainPortal -Text $Wish[$name])
        }
        if (-not $same) {
            Write-Log -Message ("{0} is '{1}' and shall be '{2}'" -f $name, $before, $Wish[$name])
            $name
        }
    }
}

function Get-Plan {
    # What msiexec has to be told so that this version is there, whole and with the wished settings. Ends the script where nothing is
    # to be done, or where a newer version is there.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [hashtable] $Msi, [Parameter(Mandatory = $true)] [hashtable] $Wish)
    $version = ConvertTo-ShortVersion -Text $Msi.ProductVersion
    $skipped = @()
    $again = ''
    foreach ($installed in @(Get-InstalledProduct)) {
        $there = ConvertTo-ShortVersion -Text $installed.Version
        if ($installed.Known -and $null -ne $there -and $there -gt $version) {
            Exit-Script -Reason 'NewerInstalled' -Message ('{0} {1} is installed, which is newer than {2}' -f $Product.Name, $installed.Version, $Msi.ProductVersion)
        }
        if ($installed.Known -and $installed.ProductCode -eq $Msi.ProductCode) {
            $defect = Get-Defect -Installed $installed
            if ($defect -or $there -ne $version) {
                Write-Log -Message ('It is repaired: {0} {1}' -f $installed.Version, $defect)
            } elseif (@(Get-Difference -Wish $Wish).Count -eq 0) {
                Exit-Script -Reason 'Success' -Message ('{0} {1} is installed already, with these settings.' -f $Product.Name, $Msi.ProductVersion)
            }
            # The same package once more, all of it, so that shortcuts and registry follow the new values. With v it
            # comes from this file: the one that was installed from is gone where Intune or the download folder had it.
            $again = ' REINSTALL=ALL REINSTALLMODE=vamus'
            $skipped = @('INSTALLDIR')
        }
    }
    return $again + (-join @($Wish.Keys | Where-Object -FilterScript { $skipped -notcontains $_ } | Sort-Object | ForEach-Object -Process { ' {0}="{1}"' -f $_, $Wish[$_] }))
}

function Install-Msi {
    # Does what has to be done, and ends the script.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Path, [Parameter(Mandatory = $true)] [hashtable] $Msi, [Parameter(Mandatory = $true)] [hashtable] $Wish, [Parameter(Mandatory = $true)] [int] $WaitMinutes)
    $plan = Get-Plan -Msi $Msi -Wish $Wish
    if (-not $PSCmdlet.ShouldProcess([Environment]::MachineName, ('Install {0} {1}{2}' -f $Product.Name, $Msi.ProductVersion, $plan))) {
        Exit-Script -Reason 'Success'
    }
    $code = Invoke-WindowsInstaller -WaitMinutes $WaitMinutes -Decide {
        $now = Get-Plan -Msi $Msi -Wish $Wish
        if (Test-Flag -Name 'StopRunning') {
            foreach ($folder in @(Get-ProgramFolder)) {
                Stop-Portico -Folder $folder
            }
        }
        '/i "{0}" /qn /norestart{1}' -f $Path, $now
        if ($script:MsiLog) {
            '/l*v "{0}"' -f $script:MsiLog
        }
    }
    $reason = Get-CodeName -Code $code
    if ($code -eq $ExitCode.NewerInstalled) {
        Exit-Script -Reason 'Failed' -Message ('another build of {0} is installed; remove it first (Windows Installer ended with {1})' -f $Msi.ProductVersion, $code)
    }
    if (@('Success', 'RebootRequired', 'RebootStarted') -notcontains $reason) {
        Exit-Script -Reason $reason -Message ('Windows Installer ended with {0}; {1}' -f $code, (Get-MsiLog))
    }
    $there = @(Get-InstalledProduct | Where-Object -FilterScript { $_.ProductCode -eq $Msi.ProductCode -and (ConvertTo-ShortVersion -Text $_.Version) -eq (ConvertTo-ShortVersion -Text $Msi.ProductVersion) })
    $defect = '{0} {1} is not there' -f $Product.Name, $Msi.ProductVersion
    if ($there.Count -eq 1) {
        $defect = Get-Defect -Installed $there[0]
    }
    $unlike = @(Get-Difference -Wish $Wish)
    if (-not $defect -and $unlike.Count -gt 0) {
        $defect = '{0} is not what it shall be' -f ($unlike -join ', ')
    }
    # Files that were in use come with the restart.
    if ($defect -and ($reason -eq 'Success' -or $unlike.Count -gt 0 -or $there.Count -eq 0 -or -not $there[0].Entry -or -not $there[0].Known)) {
        Exit-Script -Reason 'Failed' -Message ('Windows Installer ended with {0}, but {1}; {2}' -f $code, $defect, (Get-MsiLog))
    }
    Exit-Script -Reason $reason -Message ('{0} {1} is installed ({2}).' -f $Product.Name, $Msi.ProductVersion, $reason)
}

$failure = $null
$held = $null
$script:Downloaded = ''
try {
    Start-Script
    $wish = Get-Wish
    $source = Get-Source
    $minutes = Get-Number -Name 'WaitMinutes' -Default 15 -Maximum 120
    $null = Test-Flag -Name 'StopRunning'
    Assert-Computer -Deed ('Install {0} {1}' -f $Product.Name, (@($wish.Keys | Sort-Object | ForEach-Object -Process { '{0}={1}' -f $_, $wish[$_] }) -join ' ')).Trim()
    if ($source.Url) {
        $path = Save-Msi -Source $source
        if (-not $path) {
            Exit-Script -Reason 'Success'
        }
    } else {
        $path = Find-Msi -Path $source.Path
    }
    $held = Open-Msi -Path $path
    $msi = Assert-Msi -Path $path -File $held -Source $source
    Install-Msi -Path $path -Msi $msi -Wish $wish -WaitMinutes $minutes
} catch {
    $failure = $_
} finally {
    if ($null -ne $held) {
        $held.Dispose()
    }
    # Windows Installer may still run from it.
    if ($script:Downloaded -and -not $script:Unfinished) {
        Remove-Download -Path $script:Downloaded
    }
}
Complete-Script -Failure $failure
