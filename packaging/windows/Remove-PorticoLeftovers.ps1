<#
.SYNOPSIS
    Removes what an uninstalled, broken or half-removed Portico has left behind on a Windows computer.

.DESCRIPTION
    For after Uninstall-Portico.ps1, and for computers on which uninstalling fails. Each thing is removed by itself: what is missing is
    passed over, what cannot be removed is named at the end, and the rest goes on.

    Removed are: the link class portico://, the entry that starts the agent at log-on, Portico's own key in the registry, its event
    source, its program path, its part of the PATH, entries in the Start menu and on the common desktop, the program folder (of one that
    was chosen with InstallDir only Portico's files, and the folder when nothing else is in it), the download folder; and with the switches people's data, the computer's policies, and Windows Installer's own record of a product that it
    cannot remove any more.

    Never touched are people's registry (no hive is loaded), policies that are set for them, and sign-ins in the Credential Manager, which only their owner can reach: have "porticoctl forget" run by each
    person before.

    As long as Windows Installer knows a Portico, it stops and says so; with Force it goes on. It may be run again and again.

    Each parameter can be given as an environment variable too, as RMM tools do with script variables; it is named with the
    parameter. The parameter counts before the variable.

.PARAMETER IncludeUserData
    Also removes AppData\Local\Portico of every person on this computer: settings, cache and logs. Variable: PORTICO_INCLUDEUSERDATA.

.PARAMETER IncludePolicies
    Also removes HKLM\Software\Policies\Portico, which an uninstallation leaves behind where group policy or MDM has written to it.
    They write it again, if they still manage this computer. Variable: PORTICO_INCLUDEPOLICIES.

.PARAMETER Force
    Goes on although Windows Installer still knows Portico, and removes its record of it. Only for computers on which
    Uninstall-Portico.ps1 fails. Variable: PORTICO_FORCE.

.EXAMPLE
    .\Remove-PorticoLeftovers.ps1 -WhatIf

    Lists what is there and would be removed.

.EXAMPLE
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File Remove-PorticoLeftovers.ps1 -IncludeUserData

    Removes everything but policies and sign-ins.

.NOTES
    Windows PowerShell 5.1 or PowerShell 7, on 64-bit Windows 10, 11, Server 2016 or later.

    Exit codes:
    0 Success: Done, or nothing was to be done.
    5 AccessDenied: It does not run as an administrator or SYSTEM.
    50 WrongPlatform: This is not Windows, or a 32-bit one.
    87 InvalidParameter: A parameter or variable has a value that cannot be used; the message names it.
    1603 Failed: Windows Installer or the script failed. A code of msiexec that is not in this table becomes this one; the
        message and the log have its own number.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language
        mode.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true, PositionalBinding = $false)]
param(
    [switch] $IncludeUserData,
    [switch] $IncludePolicies,
    [switch] $Force
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What it may end with: exit-codes.json says what each means.
$ExitCode = @{
    Success           = 0
    AccessDenied      = 5
    WrongPlatform     = 50
    InvalidParameter  = 87
    Failed            = 1603
    ForbiddenByPolicy = 1625
}
# Before anything that this mode does not allow, such as calling methods.
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control.'
    exit $ExitCode.ForbiddenByPolicy
}

$ScriptName = 'Remove-PorticoLeftovers.ps1'
# As in product.json.
$Product = @{
    Name         = 'Portico'
    Manufacturer = 'Portico contributors'
    UpgradeCode  = '{48346913-819A-4C89-B928-1861AD61583D}'
    SettingsKey  = 'SOFTWARE\Portico'
    RunValue     = 'Portico'
    EventSource  = 'Portico'
}
$ProgramName = @('portico', 'portico-agent', 'porticoctl')
$UninstallPath = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$UpgradeCodePath = @('SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes', 'SOFTWARE\Classes\Installer\UpgradeCodes')

# Keys and values below HKEY_LOCAL_MACHINE, in both views.
$MachineKey = @(
    $Product.SettingsKey
    'SOFTWARE\Classes\portico'
    'SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\portico.exe'
    'SYSTEM\CurrentControlSet\Services\EventLog\Application\' + $Product.EventSource
)
$MachineValue = @(
    @{ Key = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Run'; Name = $Product.RunValue }
)
# Files and folders below the folders that Windows itself names.
$MachinePath = @(
    @{ Under = 'CommonPrograms'; Path = 'Portico.lnk' }
    @{ Under = 'CommonPrograms'; Path = 'Portico' }
    @{ Under = 'CommonDesktopDirectory'; Path = 'Portico.lnk' }
    @{ Under = 'ProgramFiles'; Path = 'Portico' }
    @{ Under = 'CommonApplicationData'; Path = 'Portico\Download' }
)
# What the installer puts into the program folder, for one that somebody else may share.
$ProgramFile = @('portico.exe', 'portico-agent.exe', 'porticoctl.exe', 'LICENSE.txt', 'THIRD-PARTY-NOTICES.txt')
$PolicyKey = 'SOFTWARE\Policies\Portico'
$EnvironmentKey = 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
# Of each person's profile.
$PersonPath = 'AppData\Local\Portico'
$ProfileListPath = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList'
# People, local or of a domain (S-1-5-21) and of Entra (S-1-12-1); not services.
$PersonSid = '^S-1-(5-21|12-1)-[0-9-]+$'
# Windows Installer's record of a product; {0} is its code, {1} the same, packed.
$ProductKey = @(
    'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{0}'
    'SOFTWARE\Classes\Installer\Products\{1}'
    'SOFTWARE\Classes\Installer\Features\{1}'
    'SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Products\{1}'
)

# The variables that stand in for a parameter, the first one that is set.
$Variable = @{
    IncludeUserData = @('PORTICO_INCLUDEUSERDATA')
    IncludePolicies = @('PORTICO_INCLUDEPOLICIES')
    Force           = @('PORTICO_FORCE')
}
$Given = @{
    IncludeUserData = $(if ($IncludeUserData) { 'yes' } elseif ($PSBoundParameters.ContainsKey('IncludeUserData')) { 'no' } else { '' })
    IncludePolicies = $(if ($IncludePolicies) { 'yes' } elseif ($PSBoundParameters.ContainsKey('IncludePolicies')) { 'no' } else { '' })
    Force           = $(if ($Force) { 'yes' } elseif ($PSBoundParameters.ContainsKey('Force')) { 'no' } else { '' })
}
$FlagWord = @{ '1' = 'yes'; 'true' = 'yes'; 'yes' = 'yes'; 'on' = 'yes'; '0' = 'no'; 'false' = 'no'; 'no' = 'no'; 'off' = 'no' }

$script:LogFile = ''
$script:LogFolder = ''
$script:Removed = 0
$script:Remaining = @()

function Write-Log {
    # A line for -Verbose and, once there is one, the log file.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Message
    )
    Write-Verbose -Message $Message
    if ($script:LogFile) {
        try {
            $line = '{0} {1}{2}' -f [DateTime]::UtcNow.ToString('o'), $Message, [Environment]::NewLine
            [System.IO.File]::AppendAllText($script:LogFile, $line)
        } catch {
            $script:LogFile = '' # a full disk must not decide about the installation
        }
    }
}

function Exit-Script {
    # Ends the script: the sentence for people on standard error, the code for machines.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Reason,
        [Parameter(Mandatory = $true)] [string] $Message
    )
    Write-Log -Message ('{0} ({1}): {2}' -f $Reason, $ExitCode[$Reason], $Message)
    [Console]::Error.WriteLine(('{0}: {1} (exit code {2}, {3})' -f $ScriptName, $Message, $ExitCode[$Reason], $Reason))
    exit $ExitCode[$Reason]
}

function Get-Setting {
    # What was given: the parameter, else the first of its variables that is set, else ''.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Name
    )
    if ($Given[$Name]) {
        return ([string] $Given[$Name]).Trim()
    }
    foreach ($candidate in $Variable[$Name]) {
        $text = [Environment]::GetEnvironmentVariable($candidate)
        # NinjaOne hands over the word null for a variable that was left empty.
        if ($text -and $text.Trim() -ne 'null') {
            return $text.Trim()
        }
    }
    return ''
}

function Get-Choice {
    # A setting that has to be one of a few words, or ''.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [Parameter(Mandatory = $true)] [string[]] $Allowed
    )
    $text = Get-Setting -Name $Name
    if (-not $text) {
        return ''
    }
    if ($Allowed -contains 'yes' -and $FlagWord.ContainsKey($text)) {
        $text = $FlagWord[$text]
    }
    if ($Allowed -notcontains $text) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be one of: {2}" -f $Name, $text, ($Allowed -join ', '))
    }
    return $text.ToLowerInvariant()
}

function Test-Windows {
    # $IsWindows does not exist in Windows PowerShell 5.1.
    [CmdletBinding()]
    [OutputType([bool])]
    param()
    return [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT
}

function Test-Administrator {
    [CmdletBinding()]
    [OutputType([bool])]
    param()
    $me = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList ([System.Security.Principal.WindowsIdentity]::GetCurrent())
    return $me.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Invoke-In64Bit {
    # Runs this script again in 64-bit PowerShell and ends with its code. The settings
    # travel as variables: quoting cannot break them.
    [CmdletBinding()]
    param()
    foreach ($name in $Variable.Keys) {
        if ($Given[$name]) {
            [Environment]::SetEnvironmentVariable($Variable[$name][0], [string] $Given[$name])
        }
    }
    $common = @()
    if ($WhatIfPreference) {
        $common += '-WhatIf'
    }
    if ($VerbosePreference -ne 'SilentlyContinue') {
        $common += '-Verbose'
    }
    # What the other one writes to standard error is no error of this one's.
    $ErrorActionPreference = 'Continue'
    $shell = Join-Path -Path $env:SystemRoot -ChildPath 'sysnative\WindowsPowerShell\v1.0\powershell.exe'
    & $shell -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $PSCommandPath @common
    exit $LASTEXITCODE
}

function Initialize-Folder {
    # Makes %ProgramData%\Portico\NAME, which only administrators and SYSTEM can write to:
    # everybody may create folders in %ProgramData%, and what runs from here runs as SYSTEM.
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Name
    )
    $top = Join-Path -Path ([Environment]::GetFolderPath('CommonApplicationData')) -ChildPath $Product.Name
    $folder = Join-Path -Path $top -ChildPath $Name
    if ($PSCmdlet.ShouldProcess($folder, 'Create a folder that only administrators can write to')) {
        $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
        $security.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)')
        foreach ($path in @($top, $folder)) {
            $null = [System.IO.Directory]::CreateDirectory($path)
            if (([System.IO.File]::GetAttributes($path) -band [System.IO.FileAttributes]::ReparsePoint) -ne 0) {
                throw ('{0} is a link to somewhere else; remove it' -f $path)
            }
            Set-Acl -LiteralPath $path -AclObject $security
        }
        return $folder
    }
    return ''
}

function Initialize-Log {
    # Begins the log. Without one the work goes on, and standard error says so.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param()
    try {
        $folder = Initialize-Folder -Name 'Logs'
        if ($folder -and $PSCmdlet.ShouldProcess($folder, 'Write a log')) {
            $file = Join-Path -Path $folder -ChildPath ($ScriptName -replace '\.ps1$', '.log')
            if ((Test-Path -LiteralPath $file) -and (Get-Item -LiteralPath $file).Length -gt 1mb) {
                Move-Item -LiteralPath $file -Destination ($file + '.old') -Force
            }
            $script:LogFolder = $folder
            $script:LogFile = $file
            Write-Log -Message ('{0} begins in process {1}, PowerShell {2}' -f $ScriptName, $PID, $PSVersionTable.PSVersion)
        }
    } catch {
        [Console]::Error.WriteLine(('{0}: no log can be written: {1}' -f $ScriptName, $_.Exception.Message))
    }
}

function ConvertTo-PackedGuid {
    # A GUID as Windows Installer names its keys: no braces, each group backwards.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Guid
    )
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

function ConvertFrom-PackedGuid {
    # The way back, which is the same exchange, and then the dashes.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Packed
    )
    $plain = ConvertTo-PackedGuid -Guid $Packed
    return '{' + ($plain -replace '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '$1-$2-$3-$4-$5') + '}'
}

function Get-InstalledProduct {
    # Every Portico that Windows Installer knows on this computer, whole or not. It is
    # found by its upgrade code, and by its name where that trace was lost.
    [CmdletBinding()]
    param()
    $packed = ConvertTo-PackedGuid -Guid $Product.UpgradeCode
    $codes = @()
    $entries = @{}
    foreach ($view in @('Registry64', 'Registry32')) {
        $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view)
        foreach ($path in $UpgradeCodePath) {
            $key = $machine.OpenSubKey($path + '\' + $packed)
            if ($null -ne $key) {
                foreach ($name in $key.GetValueNames()) {
                    if ($name -match '^[0-9A-Fa-f]{32}$') {
                        $codes += ConvertFrom-PackedGuid -Packed $name
                    }
                }
                $key.Dispose()
            }
        }
        $uninstall = $machine.OpenSubKey($UninstallPath)
        if ($null -ne $uninstall) {
            foreach ($name in $uninstall.GetSubKeyNames()) {
                $entry = $null
                if ($name -match '^\{[0-9A-Fa-f-]{36}\}$') {
                    $entry = $uninstall.OpenSubKey($name)
                }
                if ($null -ne $entry) {
                    $found = @{
                        Name      = [string] $entry.GetValue('DisplayName', '')
                        Publisher = [string] $entry.GetValue('Publisher', '')
                        Version   = [string] $entry.GetValue('DisplayVersion', '')
                        Folder    = [string] $entry.GetValue('InstallLocation', '')
                    }
                    $entry.Dispose()
                    $entries[$name.ToUpperInvariant()] = $found
                    if ($found.Name -eq $Product.Name -and $found.Publisher -eq $Product.Manufacturer) {
                        $codes += $name.ToUpperInvariant()
                    }
                }
            }
            $uninstall.Dispose()
        }
        $machine.Dispose()
    }
    foreach ($code in @($codes | Sort-Object -Unique)) {
        $version = ''
        $folder = ''
        if ($entries.ContainsKey($code)) {
            $version = $entries[$code].Version
            $folder = $entries[$code].Folder
        }
        New-Object -TypeName PSObject -Property @{
            ProductCode = $code
            Version     = $version
            Folder      = $folder
            Whole       = $entries.ContainsKey($code)
        }
    }
}

function Get-Remembered {
    # What the MSI has written down of its properties, by name of the value.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()
    $remembered = @{}
    $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
    $key = $machine.OpenSubKey($Product.SettingsKey)
    if ($null -ne $key) {
        foreach ($name in $key.GetValueNames()) {
            $remembered[$name] = [string] $key.GetValue($name, '')
        }
        $key.Dispose()
    }
    $machine.Dispose()
    return $remembered
}

function Stop-Portico {
    # Ends Portico's programs in every session: files in use would wait for a restart.
    # Only those in its own folder, so that no other program of that name ends.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Folder
    )
    foreach ($process in @(Get-Process -Name $ProgramName -ErrorAction SilentlyContinue)) {
        $path = ''
        try {
            $path = [string] $process.MainModule.FileName
        } catch {
            Write-Log -Message ('Process {0} ({1}) ended or cannot be looked at' -f $process.ProcessName, $process.Id)
        }
        $ours = $Folder -and $path -and $path.StartsWith($Folder.TrimEnd('\') + '\', [StringComparison]::OrdinalIgnoreCase)
        if ($ours -and $PSCmdlet.ShouldProcess($path + ', process ' + $process.Id, 'End the program')) {
            Stop-Process -Id $process.Id -Force -ErrorAction SilentlyContinue
            # Until it has ended its file is in use.
            Wait-Process -Id $process.Id -Timeout 10 -ErrorAction SilentlyContinue
            Write-Log -Message ('Ended {0}, process {1}' -f $path, $process.Id)
        }
    }
}

function Add-Remaining {
    # Notes what could not be removed.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $What,
        [Parameter(Mandatory = $true)] [string] $Why
    )
    Write-Log -Message ('{0} remains: {1}' -f $What, $Why)
    $script:Remaining += $What
}

function Remove-MachineKey {
    # Removes a key below HKEY_LOCAL_MACHINE with everything in it, if it is there.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Path
    )
    foreach ($view in @('Registry64', 'Registry32')) {
        try {
            $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view)
            $key = $machine.OpenSubKey($Path)
            if ($null -ne $key) {
                $key.Dispose()
                if ($PSCmdlet.ShouldProcess('HKLM\' + $Path, 'Remove the key')) {
                    $machine.DeleteSubKeyTree($Path, $false)
                    $script:Removed++
                    Write-Log -Message ('Removed HKLM\{0} ({1})' -f $Path, $view)
                }
            }
            $machine.Dispose()
        } catch {
            Add-Remaining -What ('HKLM\' + $Path) -Why $_.Exception.Message
        }
    }
}

function Remove-MachineValue {
    # Removes one value of a key below HKEY_LOCAL_MACHINE, if it is there. The key stays.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Name
    )
    $what = 'HKLM\{0}, value {1}' -f $Path, $Name
    foreach ($view in @('Registry64', 'Registry32')) {
        try {
            $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view)
            $key = $machine.OpenSubKey($Path)
            $there = $null -ne $key -and @($key.GetValueNames()) -contains $Name
            if ($null -ne $key) {
                $key.Dispose()
            }
            if ($there -and $PSCmdlet.ShouldProcess($what, 'Remove the value')) {
                $key = $machine.OpenSubKey($Path, $true)
                $key.DeleteValue($Name, $false)
                $key.Dispose()
                $script:Removed++
                Write-Log -Message ('Removed {0} ({1})' -f $what, $view)
            }
            $machine.Dispose()
        } catch {
            Add-Remaining -What $what -Why $_.Exception.Message
        }
    }
}

function Remove-PathEntry {
    # Takes a folder out of the computer's PATH, and leaves the rest of it as it is written.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder
    )
    $what = 'PATH, {0}' -f $Folder
    try {
        $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
        $key = $machine.OpenSubKey($EnvironmentKey)
        $before = [string] $key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
        $key.Dispose()
        $parts = @($before.Split(';'))
        $kept = @($parts | Where-Object -FilterScript { $_.Trim().TrimEnd('\') -ne $Folder.TrimEnd('\') })
        if ($kept.Count -ne $parts.Count -and $PSCmdlet.ShouldProcess($what, 'Remove the entry')) {
            $key = $machine.OpenSubKey($EnvironmentKey, $true)
            $key.SetValue('Path', ($kept -join ';'), $key.GetValueKind('Path'))
            $key.Dispose()
            $script:Removed++
            Write-Log -Message ('Removed {0}' -f $what)
        }
        $machine.Dispose()
    } catch {
        Add-Remaining -What $what -Why $_.Exception.Message
    }
}

function Test-Link {
    # Whether something is a link or junction to somewhere else.
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path
    )
    return ([System.IO.File]::GetAttributes($Path) -band [System.IO.FileAttributes]::ReparsePoint) -ne 0
}

function Remove-Tree {
    # Removes a file or a folder, if it is there. Links are removed and never followed: people own parts of these paths,
    # and this runs as SYSTEM. Nothing on the way from Root to it may be a link either.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Root,
        [Parameter(Mandatory = $true)] [string] $Path
    )
    $whole = Join-Path -Path $Root -ChildPath $Path
    try {
        if (-not (Test-Path -LiteralPath $whole)) {
            return
        }
        $way = $Root
        foreach ($part in @($Path -split '\\' | Select-Object -SkipLast 1)) {
            $way = Join-Path -Path $way -ChildPath $part
            if (Test-Link -Path $way) {
                Add-Remaining -What $whole -Why ('{0} is a link to somewhere else' -f $way)
                return
            }
        }
        if ($PSCmdlet.ShouldProcess($whole, 'Remove')) {
            if (Test-Path -LiteralPath $whole -PathType Leaf) {
                [System.IO.File]::Delete($whole)
            } else {
                # For a link this takes the link alone; inside, it does not follow links.
                [System.IO.Directory]::Delete($whole, -not (Test-Link -Path $whole))
            }
            $script:Removed++
            Write-Log -Message ('Removed {0}' -f $whole)
        }
    } catch {
        Add-Remaining -What $whole -Why $_.Exception.Message
    }
}

function Remove-ProgramFile {
    # Removes the programs from a folder that an administrator chose, and the folder where nothing else is in it.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder
    )
    # Without a look at the drive first Join-Path would fail where it is not there any more.
    if (-not [System.IO.Directory]::Exists($Folder)) {
        return
    }
    foreach ($name in $ProgramFile) {
        Remove-Tree -Root $Folder -Path $name
    }
    if (@(Get-ChildItem -LiteralPath $Folder -Force).Count -eq 0) {
        Remove-Tree -Root ([System.IO.Path]::GetDirectoryName($Folder)) -Path ([System.IO.Path]::GetFileName($Folder))
    }
}

function Get-PersonFolder {
    # The profile folders of the people who have logged on here.
    [CmdletBinding()]
    [OutputType([string[]])]
    param()
    $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
    $list = $machine.OpenSubKey($ProfileListPath)
    if ($null -ne $list) {
        foreach ($sid in $list.GetSubKeyNames()) {
            if ($sid -match $PersonSid) {
                $entry = $list.OpenSubKey($sid)
                $folder = [string] $entry.GetValue('ProfileImagePath', '')
                $entry.Dispose()
                if ($folder -and (Test-Path -LiteralPath $folder -PathType Container)) {
                    $folder
                }
            }
        }
        $list.Dispose()
    }
    $machine.Dispose()
}

function Remove-ProductRecord {
    # Removes what Windows Installer keeps of a product that it cannot remove any more.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $ProductCode
    )
    $packed = ConvertTo-PackedGuid -Guid $ProductCode
    foreach ($pattern in $ProductKey) {
        Remove-MachineKey -Path ($pattern -f $ProductCode, $packed)
    }
    foreach ($path in $UpgradeCodePath) {
        Remove-MachineValue -Path ($path + '\' + (ConvertTo-PackedGuid -Guid $Product.UpgradeCode)) -Name $packed
    }
}

try {
    $withData = (Get-Choice -Name 'IncludeUserData' -Allowed @('yes', 'no')) -eq 'yes'
    $withPolicies = (Get-Choice -Name 'IncludePolicies' -Allowed @('yes', 'no')) -eq 'yes'
    $forced = (Get-Choice -Name 'Force' -Allowed @('yes', 'no')) -eq 'yes'
    if (-not (Test-Windows)) {
        if (-not $PSCmdlet.ShouldProcess('a Windows computer', 'Remove what is left of ' + $Product.Name)) {
            exit $ExitCode.Success
        }
        Exit-Script -Reason 'WrongPlatform' -Message 'this is not Windows, and nothing was done; Portico has other packages for Linux and macOS'
    }
    if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess -and $PSCommandPath) {
        Invoke-In64Bit
    }
    if (-not (Test-Administrator) -and -not $WhatIfPreference) {
        Exit-Script -Reason 'AccessDenied' -Message 'run it as an administrator or as SYSTEM'
    }
    Initialize-Log
    $known = @(Get-InstalledProduct)
    if ($known.Count -gt 0 -and -not $forced) {
        Exit-Script -Reason 'Failed' -Message ('{0} is still installed; run Uninstall-Portico.ps1 first, or this with -Force where that fails' -f $Product.Name)
    }
    $usual = Join-Path -Path ([Environment]::GetFolderPath('ProgramFiles')) -ChildPath $Product.Name
    $chosen = @($known | ForEach-Object -Process { $_.Folder }) + @([string] (Get-Remembered)['InstallDir'])
    $chosen = @($chosen | Where-Object -FilterScript { $_ } | ForEach-Object -Process { $_.TrimEnd('\') })
    foreach ($folder in @(@($usual) + $chosen | Sort-Object -Unique)) {
        Stop-Portico -Folder $folder
        Remove-PathEntry -Folder $folder
        if ($folder -ne $usual) {
            Remove-ProgramFile -Folder $folder
        }
    }
    foreach ($installed in $known) {
        Remove-ProductRecord -ProductCode $installed.ProductCode
    }
    foreach ($path in $MachineKey) {
        Remove-MachineKey -Path $path
    }
    foreach ($value in $MachineValue) {
        Remove-MachineValue -Path $value.Key -Name $value.Name
    }
    foreach ($place in $MachinePath) {
        $root = [Environment]::GetFolderPath($place.Under)
        if ($root) {
            Remove-Tree -Root $root -Path $place.Path
        }
    }
    if ($withPolicies) {
        Remove-MachineKey -Path $PolicyKey
    }
    if ($withData) {
        foreach ($folder in @(Get-PersonFolder)) {
            Remove-Tree -Root $folder -Path $PersonPath
        }
    }
    if ($script:Remaining.Count -gt 0) {
        Exit-Script -Reason 'Failed' -Message ('these remain, the log says why: {0}' -f ($script:Remaining -join '; '))
    }
    if (-not $WhatIfPreference) {
        Write-Output ('{0} leftovers of {1} removed.' -f $script:Removed, $Product.Name)
    }
    exit $ExitCode.Success
} catch {
    Exit-Script -Reason 'Failed' -Message ('{0} ({1})' -f $_.Exception.Message, ([string] $_.ScriptStackTrace -split "`r?`n")[0])
}
