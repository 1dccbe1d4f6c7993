<#
.SYNOPSIS
    Removes Portico from a Windows computer, silently.

.DESCRIPTION
    Finds every Portico that Windows Installer knows (by its upgrade code), ends its running programs, and removes it with msiexec
    /qn /norestart. Run it as an administrator or as SYSTEM. People's own data (%LOCALAPPDATA%\Portico) and sign-ins stay, so that a
    later installation goes on where this one ended; Remove-PorticoLeftovers.ps1 removes the data, and "porticoctl forget", run by
    each person before, the sign-ins.

    It may be run again and again: where nothing is installed it ends with 0, or with 1605 when Strict is given.

    Each parameter can be given as an environment variable too, as RMM tools do with script variables; it is named with the
    parameter. The parameter counts before the variable.

    The log is %ProgramData%\Portico\Logs\Uninstall-Portico.log, and msiexec's own beside it.

.PARAMETER Strict
    Ends with 1605 instead of 0 where Portico is not installed. Variable: PORTICO_STRICT.

.PARAMETER WaitMinutes
    How long to wait while another installation runs, 0 to 120 minutes; 15 as it comes. Variable: PORTICO_WAITMINUTES.

.EXAMPLE
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File Uninstall-Portico.ps1

    The line for Intune.

.EXAMPLE
    .\Uninstall-Portico.ps1 -WhatIf

    Says what would be removed, and removes nothing.

.NOTES
    Windows PowerShell 5.1 or PowerShell 7, on 64-bit Windows 10, 11, Server 2016 or later.

    Exit codes:
    0 Success: Done, or nothing was to be done.
    1 NotStarted: PowerShell itself did not run the script: it may not, does not find it, or does not accept a parameter.
    5 AccessDenied: It does not run as an administrator or SYSTEM.
    50 WrongPlatform: This is not Windows. What changes a computer ends so on a 32-bit one too, and where it is no file and 32-bit PowerShell runs it.
    87 InvalidParameter: A parameter or variable has a value that cannot be used, or a word belongs to none; the message names it.
    1460 Timeout: Windows Installer has not finished in time. It was not ended and may still finish.
    1603 Failed: Windows Installer or the script failed, or not all is there or gone afterwards. A code of msiexec that this table lacks or has for something else becomes this one; the message and the log have its own
        number.
    1605 NotInstalled: Portico is not installed (only with -Strict; without it this is 0).
    1618 InstallerBusy: Another installation is running and did not end in time.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language mode.
    1641 RebootStarted: Done; Windows Installer has started a restart.
    3010 RebootRequired: Done; some files are replaced or removed at the next restart.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true, PositionalBinding = $false)]
param(
    [switch] $Strict,
    [string] $WaitMinutes = '',
    [Parameter(ValueFromRemainingArguments = $true, DontShow = $true)] [string[]] $Stray
)

# What follows is from packaging/windows/scripts/shared, where the comments are; make generate writes it anew.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ExitCode = @{
    Success = 0; AccessDenied = 5; WrongPlatform = 50; InvalidParameter = 87; Timeout = 1460; Failed = 1603; NotInstalled = 1605; InstallerBusy = 1618; ForbiddenByPolicy = 1625; RebootStarted = 1641; RebootRequired = 3010
}
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control, and start it with -Command "& ...; exit $LASTEXITCODE" (not with -File).'
    exit $ExitCode.ForbiddenByPolicy
}
$ScriptName = 'Uninstall-Portico.ps1'
$Given = @{
    Strict = $PSBoundParameters['Strict']; WaitMinutes = $WaitMinutes
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
function Get-ProgramFolder { [CmdletBinding()] param()
    $told = ([string] (Get-Remembered)['InstallDir']).TrimEnd('\')
    $path = $told + [System.IO.Path]::DirectorySeparatorChar
    $ours = @($ProgramName | Where-Object -FilterScript { [System.IO.File]::Exists($path + $_ + '.exe') -and (Get-Maker -Path ($path + $_ + '.exe')) -eq $Product.Manufacturer })
    $named = @(Get-InstalledProduct | ForEach-Object -Process { $_.Folder }) + @($ours | ForEach-Object -Process { $told })
    return @($named | Where-Object -FilterScript { $_ } | ForEach-Object -Process { $_.TrimEnd('\') } | Sort-Object -Unique)
}
function Get-UsualFolder { [CmdletBinding()] param(); return Join-Path -Path (Get-SystemFolder -Name 'ProgramFiles') -ChildPath $Product.Name }
function Test-OurProgram { [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text, [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    $usual = Get-UsualFolder
    foreach ($found in [regex]::Matches($Text, '(?i)((?:[A-Z]:\\|/)[^\x00-\x1f"<>|?*:;]*)[\\/](portico|portico-agent|porticoctl)\.exe')) {
        $maker = $(if ([System.IO.File]::Exists($found.Value)) { Get-Maker -Path $found.Value } else { '' })
        $folder = $found.Groups[1].Value
        $known = $Recorded -contains $folder -or ($folder -eq $usual -and -not [System.IO.Directory]::Exists($usual))
        if ($maker -eq $Product.Manufacturer -or (-not $maker -and $known)) { return $true }
    }
    return $false
}
function New-Trace { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Kind, [Parameter(Mandatory = $true)] [string] $Path, [string] $Name = '', [bool] $Ours = $true, [string] $View = 'Registry64', [string] $Root = '')
    $what = $(if (@('Key', 'EmptyKey', 'Value') -contains $Kind) { 'HKLM\' + $Path } else { $Path }) + $(if ($Name) { ', ' + $Name } else { '' })
    return New-Object -TypeName PSObject -Property @{ Kind = $Kind; Path = $Path; Name = $Name; Ours = $Ours; View = $View; Root = $Root; What = $what }
}
function Get-FileTrace { [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Folder, [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    if (-not [System.IO.Directory]::Exists($Folder)) { return }
    $ours = $Recorded -contains $Folder
    foreach ($path in @($ProgramName | ForEach-Object -Process { Join-Path -Path $Folder -ChildPath ($_ + '.exe') } | Where-Object -FilterScript { [System.IO.File]::Exists($_) })) {
        $own = Test-OurProgram -Text $path -Recorded $Recorded
        $ours = $ours -or $own
        New-Trace -Kind 'File' -Path $path -Ours $own
    }
    foreach ($text in @(@('LICENSE.txt', 'Apache License'), @('THIRD-PARTY-NOTICES.txt', 'Portico is licensed under'))) {
        $path = Join-Path -Path $Folder -ChildPath $text[0]
        if ([System.IO.File]::Exists($path)) { New-Trace -Kind 'File' -Path $path -Ours ($ours -and (@(Get-Content -LiteralPath $path -TotalCount 3) -join ' ').Contains($text[1])) }
    }
    New-Trace -Kind 'EmptyFolder' -Path $Folder -Ours $ours
}
function Get-Trace { [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    $usual = Get-UsualFolder
    foreach ($folder in @(@($usual) + $Recorded | Sort-Object -Unique)) { Get-FileTrace -Folder $folder -Recorded $Recorded }
    foreach ($entry in ([string] (Read-Key -Path $EnvironmentKey).Value['Path']).Split(';')) {
        $folder = [Environment]::ExpandEnvironmentVariables($entry.Trim().Trim('"')).TrimEnd('\')
        $own = $folder -and (Test-OurProgram -Text (@($ProgramName | ForEach-Object -Process { [System.IO.Path]::Combine($folder, $_ + '.exe') }) -join ';') -Recorded $Recorded)
        if ($own -or $folder -eq $usual) { New-Trace -Kind 'Path' -Path 'PATH' -Name $entry -Ours $own }
    }
    foreach ($place in @('CommonPrograms', 'CommonDesktopDirectory')) {
        $path = [System.IO.Path]::Combine((Get-SystemFolder -Name $place), 'Portico.lnk')
        if ([System.IO.File]::Exists($path)) {
            $bytes = [System.IO.File]::ReadAllBytes($path)
            $texts = [System.Text.Encoding]::Default.GetString($bytes), [System.Text.Encoding]::Unicode.GetString($bytes), [System.Text.Encoding]::Unicode.GetString(@(0) + $bytes)
            New-Trace -Kind 'File' -Path $path -Ours (Test-OurProgram -Text ($texts -join '"') -Recorded $Recorded)
        }
    }
    $started = '(?is)^\s*("[^"]*"|.*?\.exe).*$'
    $run = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
    $line = (Read-Key -Path $run).Value[$Product.RunValue]
    if ($null -ne $line) { New-Trace -Kind 'Value' -Path $run -Name $Product.RunValue -Ours (Test-OurProgram -Text ([string] $line -replace $started, '$1') -Recorded $Recorded) }
    $class = 'SOFTWARE\Classes\portico'
    if ((Read-Key -Path $class).There) {
        $lines = @('\shell\open\command', '\DefaultIcon' | ForEach-Object -Process { (Read-Key -Path ($class + $_)).Value[''] } | Where-Object -FilterScript { $_ }) + ''
        New-Trace -Kind 'Key' -Path $class -Ours (Test-OurProgram -Text ([string] $lines[0] -replace $started, '$1') -Recorded $Recorded)
    }
    $told = Read-Key -Path $Product.SettingsKey
    $names = @('InstallDir', 'PortalUrl', 'Autostart', 'DesktopShortcut', 'StartMenu', 'StartMenuIcon', 'DesktopIcon' | Where-Object -FilterScript { $told.Value.ContainsKey($_) })
    $program = ([string] $told.Value['InstallDir']).TrimEnd('\') + [System.IO.Path]::DirectorySeparatorChar + 'portico.exe'
    $own = $names.Count -ge 3 -and (@(Get-InstalledProduct).Count -gt 0 -or (Test-OurProgram -Text $program -Recorded $Recorded))
    if ($told.There) {
        foreach ($name in @($names | Where-Object -FilterScript { $own })) { New-Trace -Kind 'Value' -Path $Product.SettingsKey -Name $name }
        New-Trace -Kind 'EmptyKey' -Path $Product.SettingsKey -Ours $own
    }
    $source = 'SYSTEM\CurrentControlSet\Services\EventLog\Application\' + $Product.EventSource
    $values = Read-Key -Path $source
    if ($values.There) {
        $alike = [string] $values.Value['EventMessageFile'] -like '*\EventCreate.exe' -and $values.Value['CustomSource'] -eq 1
        New-Trace -Kind 'Key' -Path $source -Ours ($alike -and ($own -or $Recorded.Count -gt 0))
    }
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

function Uninstall-Product {
    # Removes one product and returns msiexec's code.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [PSObject] $Installed, [Parameter(Mandatory = $true)] [int] $WaitMinutes)
    if (-not $PSCmdlet.ShouldProcess([Environment]::MachineName, ('Remove {0} {1}' -f $Product.Name, $Installed.Version).Trim())) {
        return $ExitCode.Success
    }
    Stop-Portico -Folder $Installed.Folder
    return Invoke-WindowsInstaller -WaitMinutes $WaitMinutes -Decide {
        if (@(Get-InstalledProduct | ForEach-Object -Process { $_.ProductCode }) -contains $Installed.ProductCode) {
            '/x {0} /qn /norestart' -f $Installed.ProductCode
            if ($script:MsiLog) {
                '/l*v "{0}"' -f $script:MsiLog
            }
        }
    }
}

$failure = $null
try {
    Start-Script
    $minutes = Get-Number -Name 'WaitMinutes' -Default 15 -Maximum 120
    $strictly = Test-Flag -Name 'Strict'
    Assert-Computer -Deed ('Remove ' + $Product.Name)
    $recorded = @(Get-ProgramFolder)
    $tried = @()
    $removed = 0
    $result = 'Success'
    $failed = @()
    # Read anew each time: while one waits, an upgrade may put another in its place.
    while ($tried.Count -lt 9 -and ($installed = Get-InstalledProduct | Where-Object -FilterScript { $tried -notcontains $_.ProductCode } | Select-Object -First 1)) {
        $tried += $installed.ProductCode
        $recorded += @(Get-ProgramFolder)
        # Not $code: that is $script:Code, what the script ends with.
        $ended = Uninstall-Product -Installed $installed -WaitMinutes $minutes
        $reason = Get-CodeName -Code $ended
        if ($ended -eq $ExitCode.NotInstalled) {
            Write-Log -Message ('{0} is only a trace in the registry' -f $installed.ProductCode)
        } elseif (@('Success', 'RebootRequired', 'RebootStarted') -notcontains $reason) {
            $failed += @{ Reason = $reason; Text = 'Windows Installer ended with {0} for {1}; {2}' -f $ended, $installed.ProductCode, (Get-MsiLog) }
        } else {
            $removed++
            if ($reason -ne 'Success') {
                $result = $reason
            }
        }
    }
    if ($failed.Count -gt 0) {
        Exit-Script -Reason $failed[0].Reason -Message (@($failed | ForEach-Object -Process { $_.Text }) -join '; ')
    }
    $still = @(Get-InstalledProduct | Where-Object -FilterScript { -not $WhatIfPreference -and ($_.Known -or $_.Entry) })
    if ($still.Count -gt 0) {
        $with = $(if (@($still | Where-Object -FilterScript { $_.Known }).Count -gt 0) { ' with -Force' })
        Exit-Script -Reason 'Failed' -Message ('Windows Installer has left its record of {0}, which Remove-PorticoLeftovers.ps1{1} removes' -f (@($still | ForEach-Object -Process { $_.ProductCode }) -join ', '), $with)
    }
    # Files that are in use go at the restart.
    $kinds = @('Key', 'Value', 'Path') + @($(if ($result -eq 'Success') { 'File' }))
    $left = @(Get-Trace -Recorded $recorded | Where-Object -FilterScript { $_.Ours -and $kinds -contains $_.Kind } | ForEach-Object -Process { $_.What })
    if ($left.Count -gt 0 -and -not ($WhatIfPreference -and $removed -gt 0)) {
        Exit-Script -Reason 'Failed' -Message ('Windows Installer has left things behind, which Remove-PorticoLeftovers.ps1 removes: {0}' -f ($left -join '; '))
    }
    if ($removed -eq 0) {
        # Not $said: that is $script:Said, the output.
        $text = '{0} is not installed' -f $Product.Name
        if (@(Get-InstalledProduct).Count -gt 0) {
            $text += '; what is left of its record Remove-PorticoLeftovers.ps1 removes'
        }
        Exit-Script -Reason $(if ($strictly) { 'NotInstalled' } else { 'Success' }) -Message ($text + '.')
    }
    Exit-Script -Reason $result -Message $(if ($WhatIfPreference) { '' } else { '{0} is removed ({1}).' -f $Product.Name, $result })
} catch {
    $failure = $_
}
Complete-Script -Failure $failure
