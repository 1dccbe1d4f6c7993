<#
.SYNOPSIS
    Detects whether Portico is installed on a Windows computer, for Intune and RMM tools.

.DESCRIPTION
    Follows Intune's rule for detection scripts: installed is exit code 0 with a line on standard output, anything else is another
    code and no output. What is missing is said as an error. It changes nothing, writes no log and needs no rights.

    Installed means: Windows Installer knows it by its upgrade code, it has its entry in Apps & Features, the programs are where they
    should be, the version is at least MinimumVersion, and the portal is the expected one, as far as these are given.

    Intune hands no parameters to a detection script: write the version between the quotes of MinimumVersion below.

    Each parameter can be given as an environment variable too, as RMM tools do with script variables; it is named with the
    parameter. The parameter counts before the variable.

.PARAMETER MinimumVersion
    The oldest version that counts, as in 0.1.0. Without it any does. Variable: PORTICO_MINIMUMVERSION.

.PARAMETER PortalUrl
    The portal that the installation must have been given, or none. Without it any counts, and none. Variables: PORTICO_PORTALURL, PORTALURL.

.EXAMPLE
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File Test-Portico.ps1 -MinimumVersion 0.1.0

    Ends with 0 where 0.1.0 or a later version is installed.

.NOTES
    Windows PowerShell 5.1 or PowerShell 7; 32-bit hosts see the same.

    Exit codes:
    0 Success: Done, or nothing was to be done.
    1 NotDetected: Portico, or the version or portal that was asked for, is not there. PowerShell itself ends with 1 as well, when it does not accept a command line.
    50 WrongPlatform: This is not Windows. What changes a computer ends so on a 32-bit one too, and where it is no file and 32-bit PowerShell runs it.
    87 InvalidParameter: A parameter or variable has a value that cannot be used, or a word belongs to none; the message names it.
    1603 Failed: Windows Installer or the script failed, or not all is there or gone afterwards. A code of msiexec that this table lacks or has for something else becomes this one; the message and the log have its own
        number.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language mode.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(PositionalBinding = $false)]
param(
    [string] $MinimumVersion = '',
    [string] $PortalUrl = '',
    [Parameter(ValueFromRemainingArguments = $true, DontShow = $true)] [string[]] $Stray
)

# What follows is from packaging/windows/scripts/shared, where the comments are; make generate writes it anew.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ExitCode = @{
    Success = 0; NotDetected = 1; WrongPlatform = 50; InvalidParameter = 87; Failed = 1603; ForbiddenByPolicy = 1625
}
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control, and start it with -Command "& ...; exit $LASTEXITCODE" (not with -File).'
    exit $ExitCode.ForbiddenByPolicy
}
$ScriptName = 'Test-Portico.ps1'
$Given = @{
    MinimumVersion = $MinimumVersion; PortalUrl = $PortalUrl
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

function Get-Mismatch {
    # Why an installation does not count, '' where it does.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [PSObject] $Installed, [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Minimum, [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Portal)
    $defect = Get-Defect -Installed $Installed
    if ($defect) {
        return $defect
    }
    if ($Minimum -and (ConvertTo-ShortVersion -Text $Installed.Version) -lt (ConvertTo-ShortVersion -Text $Minimum)) {
        return 'version {0} is older than {1}' -f $Installed.Version, $Minimum
    }
    $before = [string] (Get-Remembered)['PortalUrl']
    if ($Portal -and (ConvertTo-PlainPortal -Text $before) -cne (ConvertTo-PlainPortal -Text $Portal)) {
        return "its portal is '{0}' and not {1}" -f $before, $Portal
    }
    return ''
}

$failure = $null
try {
    Assert-NoStray
    $minimum = Get-Setting -Name 'MinimumVersion'
    if ($minimum -and $null -eq (ConvertTo-ShortVersion -Text $minimum)) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-MinimumVersion is '{0}'; it has to be a version like 0.1.0" -f $minimum)
    }
    $portal = Get-PortalUrl
    if (-not (Test-Windows)) {
        Exit-Script -Reason 'WrongPlatform' -Message 'this is not Windows; Portico has other packages for Linux and macOS'
    }
    $defects = @()
    foreach ($installed in @(Get-InstalledProduct)) {
        $defect = Get-Mismatch -Installed $installed -Minimum $minimum -Portal $portal
        if (-not $defect) {
            Exit-Script -Reason 'Success' -Message ('{0} {1} is installed.' -f $Product.Name, $installed.Version)
        }
        $defects += $defect
    }
    if ($defects.Count -eq 0) {
        $defects += '{0} is not installed' -f $Product.Name
    }
    Exit-Script -Reason 'NotDetected' -Message ($defects -join '; ')
} catch {
    $failure = $_
}
Complete-Script -Failure $failure
