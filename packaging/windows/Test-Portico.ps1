<#
.SYNOPSIS
    Detects whether Portico is installed on a Windows computer, for Intune and RMM tools.

.DESCRIPTION
    Follows Intune's rule for detection scripts: installed is exit code 0 with a line on standard output, anything else is another
    code and no output. What is missing goes to standard error. It changes nothing, writes no log and needs no rights.

    Installed means: Windows Installer knows it by its upgrade code, the version is at least MinimumVersion, the agent's program
    is where it should be, and the portal is the expected one, as far as these are given.

    Intune hands no parameters to a detection script: write the version between the quotes of MinimumVersion below.

    Each parameter can be given as an environment variable too, as RMM tools do with script variables; it is named with the
    parameter. The parameter counts before the variable.

.PARAMETER MinimumVersion
    The oldest version that counts, as in 0.1.0. Without it any does. Variable: PORTICO_MINIMUMVERSION.

.PARAMETER PortalUrl
    The portal that the installation must have been given. Without it any counts, and none. Variables: PORTICO_PORTALURL, PORTALURL.

.EXAMPLE
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File Test-Portico.ps1 -MinimumVersion 0.1.0

    Ends with 0 where 0.1.0 or a later version is installed.

.NOTES
    Windows PowerShell 5.1 or PowerShell 7; 32-bit hosts see the same.

    Exit codes:
    0 Success: Done, or nothing was to be done.
    1 NotDetected: Portico, or the version or portal that was asked for, is not there. PowerShell itself ends with 1 as well,
        when it does not accept a command line.
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
    [string] $MinimumVersion = '',
    [string] $PortalUrl = ''
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What it may end with: exit-codes.json says what each means.
$ExitCode = @{
    Success           = 0
    NotDetected       = 1
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

$ScriptName = 'Test-Portico.ps1'
# As in product.json.
$Product = @{
    Name         = 'Portico'
    Manufacturer = 'Portico contributors'
    UpgradeCode  = '{48346913-819A-4C89-B928-1861AD61583D}'
    SettingsKey  = 'SOFTWARE\Portico'
}
$UninstallPath = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$UpgradeCodePath = @('SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes', 'SOFTWARE\Classes\Installer\UpgradeCodes')
# Without this program there is nothing to start at log-on.
$AgentName = 'portico-agent.exe'

# The variables that stand in for a parameter, the first one that is set.
$Variable = @{
    MinimumVersion = @('PORTICO_MINIMUMVERSION')
    PortalUrl      = @('PORTICO_PORTALURL', 'PORTALURL')
}
$Given = @{
    MinimumVersion = $MinimumVersion
    PortalUrl      = $PortalUrl
}

$script:LogFile = ''

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

function Get-PortalUrl {
    # The portal's address as the program keeps it: whole, and https; none where there shall be none.
    [CmdletBinding()]
    [OutputType([string])]
    param()
    $text = Get-Setting -Name 'PortalUrl'
    if (-not $text) {
        return ''
    }
    if ($text -eq 'none') {
        return 'none'
    }
    $whole = $text
    if ($whole -notmatch '^[A-Za-z][A-Za-z0-9+.-]*://') {
        $whole = 'https://' + $whole
    }
    $uri = $null
    $good = $whole -notmatch '["\s\\]' -and [Uri]::TryCreate($whole, [UriKind]::Absolute, [ref] $uri)
    if ($good) {
        # Without TLS only this computer itself, for trying things out.
        $good = $uri.Host -and -not $uri.UserInfo -and ($uri.Scheme -eq 'https' -or ($uri.Scheme -eq 'http' -and $uri.IsLoopback))
    }
    if (-not $good) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-PortalUrl is '{0}'; it has to be an address like https://portal.example.com" -f $text)
    }
    return $whole.TrimEnd('/')
}

function ConvertTo-ShortVersion {
    # The first three parts of a version, the ones that Windows Installer compares; $null for what is none.
    [CmdletBinding()]
    [OutputType([Version])]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text
    )
    $parsed = $null
    $bare = ($Text -split '[-+]')[0]
    if ($bare -match '^[0-9]+$') {
        $bare = $bare + '.0'
    }
    if (-not [Version]::TryParse($bare, [ref] $parsed)) {
        return $null
    }
    return New-Object -TypeName System.Version -ArgumentList $parsed.Major, $parsed.Minor, ([Math]::Max($parsed.Build, 0))
}

function Test-Windows {
    # $IsWindows does not exist in Windows PowerShell 5.1.
    [CmdletBinding()]
    [OutputType([bool])]
    param()
    return [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT
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

function Get-Defect {
    # Why this installation does not count, '' when it does.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [PSObject] $Installed,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Minimum,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Portal
    )
    if (-not $Installed.Whole) {
        return 'of {0} only a trace is left in the registry' -f $Installed.ProductCode
    }
    $version = ConvertTo-ShortVersion -Text $Installed.Version
    if ($null -eq $version) {
        return "its version is '{0}', which cannot be read" -f $Installed.Version
    }
    if ($Minimum -and $version -lt (ConvertTo-ShortVersion -Text $Minimum)) {
        return 'version {0} is older than {1}' -f $Installed.Version, $Minimum
    }
    $remembered = Get-Remembered
    $folder = $Installed.Folder
    if (-not $folder) {
        $folder = [string] $remembered['InstallDir']
    }
    # Join-Path would fail where the drive is not there any more.
    if (-not $folder -or -not [System.IO.File]::Exists($folder.TrimEnd('\') + '\' + $AgentName)) {
        return "there is no {0} in '{1}'" -f $AgentName, $folder
    }
    $before = ([string] $remembered['PortalUrl']).TrimEnd('/')
    if ($Portal -and $before -ne $Portal) {
        return "its portal is '{0}' and not {1}" -f $before, $Portal
    }
    return ''
}

try {
    $minimum = Get-Setting -Name 'MinimumVersion'
    if ($minimum -and $null -eq (ConvertTo-ShortVersion -Text $minimum)) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-MinimumVersion is '{0}'; it has to be a version like 0.1.0" -f $minimum)
    }
    $portal = Get-PortalUrl
    if (-not $PSCmdlet.ShouldProcess('the registry', ('Look for {0} {1}' -f $Product.Name, $minimum).Trim())) {
        exit $ExitCode.Success
    }
    if (-not (Test-Windows)) {
        Exit-Script -Reason 'WrongPlatform' -Message 'this is not Windows; Portico has other packages for Linux and macOS'
    }
    $defects = @()
    foreach ($installed in @(Get-InstalledProduct)) {
        $defect = Get-Defect -Installed $installed -Minimum $minimum -Portal $portal
        if (-not $defect) {
            Write-Output ('{0} {1} is installed.' -f $Product.Name, $installed.Version)
            exit $ExitCode.Success
        }
        $defects += $defect
    }
    if ($defects.Count -eq 0) {
        $defects += '{0} is not installed' -f $Product.Name
    }
    Exit-Script -Reason 'NotDetected' -Message ($defects -join '; ')
} catch {
    Exit-Script -Reason 'Failed' -Message ('{0} ({1})' -f $_.Exception.Message, ([string] $_.ScriptStackTrace -split "`r?`n")[0])
}
