# What the Windows scripts share. make generate writes of it into each script what that one uses: what stands before the first
# function into all of them, a function where it is called.

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

# The log, its folder, and the one line of output.
$script:LogFile = $script:LogFolder = $script:Said = ''
$script:Waiting = @() # lines that the log could not take yet
$script:Code = $null # what the script ends with
$script:Unfinished = $false # whether msiexec was left running

function Write-Log {
    # A line for -Verbose and, once there is one, the log file.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Message)
    Write-Verbose -Message $Message
    if ($script:LogFile) {
        $script:Waiting += '{0} {1}{2}' -f [DateTime]::UtcNow.ToString('o'), $Message, [Environment]::NewLine
        try {
            [System.IO.File]::AppendAllText($script:LogFile, (-join $script:Waiting))
            $script:Waiting = @()
        } catch {
            Write-Verbose -Message 'The log is in use or the disk is full: these lines wait for the next one, and nothing is decided by it.'
        }
    }
}

function Write-Reason {
    # One line in the stream of errors, without place and category: PowerShell shows what is named like this as a program's own words.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Message)
    $text = New-Object -TypeName System.Exception -ArgumentList ('{0}: {1}' -f $ScriptName, ($Message -replace '\s*[\r\n]+\s*', ' '))
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $text, 'NativeCommandErrorMessage', 'NotSpecified', $null
    & { Write-Error -ErrorRecord $record -ErrorAction Continue }
}

function Exit-Script {
    # Ends the script: what went wrong as an error, what went well as output, the code for machines.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Reason, [string] $Message = '')
    $script:Code = $ExitCode[$Reason]
    Write-Log -Message ('{0} ({1}): {2}' -f $Reason, $script:Code, $Message)
    if (@('Success', 'RebootRequired', 'RebootStarted') -contains $Reason) {
        $script:Said = $Message
    } else {
        Write-Reason -Message ('{0} (exit code {1}, {2})' -f $Message, $script:Code, $Reason)
    }
    throw 'The script ends here.'
}

function Complete-Script {
    # The last line of every script. An error that nobody expected is told here, too.
    [CmdletBinding()] param([AllowNull()] [object] $Failure)
    if ($null -eq $script:Code) {
        $script:Code = $ExitCode.Failed
        if ($null -ne $Failure) {
            Write-Log -Message ('Failed ({0}): {1} ({2})' -f $script:Code, (Get-Sentence -Failure $Failure), ([string] $Failure.ScriptStackTrace -split "`r?`n")[0])
            Write-Reason -Message ('{0} (exit code {1}, Failed)' -f (Get-Sentence -Failure $Failure), $script:Code)
        }
    }
    Write-Log -Message ('Ends with {0}' -f $script:Code)
    if ($script:Said) {
        Write-Output $script:Said
    }
    # Pasted or piped into a prompt, exit would close it.
    $words = @([Environment]::GetCommandLineArgs() -match '^[-/](c|co|com.*|f|fi.*|e|ec|en.*)$')
    if (-not $PSCommandPath -and ($words.Count -eq 0 -or @([Environment]::GetCommandLineArgs() -match '^[-/]noe').Count -gt 0)) {
        $global:LASTEXITCODE = $script:Code
        return
    }
    exit $script:Code
}

function Get-Sentence {
    # What went wrong in the words of whoever saw it first: the outer ones say "see inner exception".
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [object] $Failure)
    return $Failure.Exception.GetBaseException().Message
}

function Get-Setting {
    # What was given: the parameter, else the first of its variables that says something, else ''.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name)
    $texts = @([string] $Given[$Name], [Environment]::GetEnvironmentVariable('PORTICO_' + $Name.ToUpperInvariant()))
    if ($Name -eq 'PortalUrl') {
        $texts += [Environment]::GetEnvironmentVariable('PORTALURL')
    }
    foreach ($text in $texts) {
        # Some RMM tools leave the quotes around a value, and NinjaOne hands over the word null for one that was left empty.
        $bare = ([string] $text).Trim() -replace '(?s)^(["''])(.*)\1$', '$2'
        if ($bare.Trim() -and $bare.Trim() -ne 'null') {
            return $bare.Trim()
        }
    }
    return ''
}

function Get-Choice {
    # A setting that has to be one of a few words, or ''.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name, [Parameter(Mandatory = $true)] [string[]] $Allowed)
    $flags = @{ '1' = 'yes'; 'true' = 'yes'; 'yes' = 'yes'; 'on' = 'yes'; '0' = 'no'; 'false' = 'no'; 'no' = 'no'; 'off' = 'no' }
    $text = Get-Setting -Name $Name
    if ($Allowed -contains 'yes' -and $flags.ContainsKey($text)) {
        $text = $flags[$text]
    }
    if ($text -and $Allowed -notcontains $text) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be one of: {2}" -f $Name, $text, ($Allowed -join ', '))
    }
    return $text.ToLowerInvariant()
}

function Test-Flag {
    # Whether a switch or its variable is on.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name)
    return (Get-Choice -Name $Name -Allowed @('yes', 'no')) -eq 'yes'
}

function Get-Number {
    # A setting that has to be a whole number within bounds, or the default.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name, [Parameter(Mandatory = $true)] [int] $Default, [Parameter(Mandatory = $true)] [int] $Maximum)
    $text = Get-Setting -Name $Name
    $number = $Default
    if ($text -and (-not [int]::TryParse($text, [ref] $number) -or $number -lt 0 -or $number -gt $Maximum)) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be a whole number from 0 to {2}" -f $Name, $text, $Maximum)
    }
    return $number
}

function Assert-NoStray {
    # A word that belongs to no parameter is a mistake, and is taken for none of them. Of an address what follows an @ alone is told:
    # a password could stand before it.
    [CmdletBinding()] param()
    $words = @($Stray | Where-Object -FilterScript { ([string] $_).Trim() })
    if ($words.Count -gt 0) {
        Exit-Script -Reason 'InvalidParameter' -Message ("'{0}' belongs to no parameter; -NAME VALUE gives one, and a switch is its name alone or -NAME:`$false" -f (([string] $words[0]) -replace '(?s)^.*@', '***@'))
    }
}

function Get-PortalUrl {
    # The portal's address by the program's own rule, whole; none where there shall be none. packaging/addresses has the table of
    # what is good, which all tests share.
    [CmdletBinding()] param()
    $text = Get-Setting -Name 'PortalUrl'
    if (-not $text -or $text -eq 'none') {
        return $text.ToLowerInvariant()
    }
    # Nothing that nobody sees, and nothing that an address has not.
    $good = $text.Length -le 4096 -and $text -notmatch '[\p{Cc}\p{Cf}\p{Z}\s\u115f\u1160\u17b4\u17b5\u3164\uffa0\udb40"<>\\#]' -and
        $text -match '^((?<scheme>https?)://)?(?<name>\[[0-9a-f:.]+\]|[\p{L}\p{M}\p{N}.-]+)(:(?<port>\d*))?(?<path>/[^?]*)?(\?.*)?$'
    if ($good) {
        $part = $Matches
        $name = $part['name'].Trim('[', ']')
        $ip = $null
        $isIp = [System.Net.IPAddress]::TryParse($name, [ref] $ip) -and $name -match '^(\d+\.){3}\d+$|:'
        $here = $name -eq 'localhost' -or ($isIp -and [System.Net.IPAddress]::IsLoopback($ip))
        # Without TLS only this computer itself, for trying things out.
        $scheme = $(if ($part['scheme']) { $part['scheme'] } elseif ($here) { 'http' } else { 'https' })
        $good = ($here -or $isIp -or $name -match '^[^.]+(\.[^.]+)+$') -and $name.Contains(':') -eq $part['name'].StartsWith('[') -and ($here -or $scheme -eq 'https') -and
            ($part['scheme'] -or -not $text.Contains('://')) -and
            (-not $part['port'] -or ($part['port'].Length -le 5 -and [int] $part['port'] -ge 1 -and [int] $part['port'] -le 65535)) -and
            [string] $part['path'] -notmatch '%(?![0-9a-f]{2})'
        if ($good -and $name -match '[^\x00-\x7f]') {
            $good = $name -notmatch '(^|\.)[-\p{M}]|-(\.|$)'
            try {
                $null = (New-Object -TypeName System.Globalization.IdnMapping).GetAscii($name)
            } catch {
                $good = $false
            }
        }
    }
    if (-not $good) {
        # What follows an @ alone: a password could stand before it.
        Exit-Script -Reason 'InvalidParameter' -Message ("-PortalUrl is '{0}'; it has to be an address like https://portal.example.com, without a person's name and without #" -f ($text -replace '(?s)^.*@', '***@'))
    }
    return $(if ($part['scheme']) { $text } else { $scheme + '://' + $text }).TrimEnd('/')
}

function Test-Windows {
    # $IsWindows does not exist in Windows PowerShell 5.1.
    [CmdletBinding()] param()
    return [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT
}

function Get-Width {
    # How many bits Windows and this process have.
    [CmdletBinding()] param()
    return @{ System = $(if ([Environment]::Is64BitOperatingSystem) { 64 } else { 32 }); Process = $(if ([Environment]::Is64BitProcess) { 64 } else { 32 }) }
}

function Test-Administrator {
    [CmdletBinding()] param()
    $me = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList ([System.Security.Principal.WindowsIdentity]::GetCurrent())
    return $me.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Get-SystemFolder {
    # A folder that Windows itself names, '' where it has none.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name)
    return [Environment]::GetFolderPath($Name)
}

function Start-Script {
    # Goes on in 64-bit PowerShell, and begins the log before anything is refused.
    [CmdletBinding(SupportsShouldProcess = $true)] param()
    if (Test-Windows) {
        $width = Get-Width
        if ($width.System -eq 64 -and $width.Process -eq 32) {
            Invoke-In64Bit
        }
        if (Test-Administrator) {
            Initialize-Log
        }
    }
    Assert-NoStray
}

function Assert-Computer {
    # Ends the script where its deed cannot be done.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Deed)
    if (-not (Test-Windows)) {
        if (-not $PSCmdlet.ShouldProcess('a Windows computer', $Deed)) {
            Exit-Script -Reason 'Success'
        }
        Exit-Script -Reason 'WrongPlatform' -Message 'this is not Windows, and nothing was done; Portico has other packages for Linux and macOS'
    }
    if ((Get-Width).System -ne 64) {
        Exit-Script -Reason 'WrongPlatform' -Message 'this Windows is a 32-bit one, and Portico needs a 64-bit one'
    }
    if (-not (Test-Administrator) -and -not $WhatIfPreference) {
        Exit-Script -Reason 'AccessDenied' -Message 'run it as an administrator or as SYSTEM'
    }
}

function Start-PowerShell {
    # Runs 64-bit PowerShell from a 32-bit one. What it writes to standard error is no error of this one's.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string[]] $Arguments)
    $ErrorActionPreference = 'Continue'
    & ($env:SystemRoot + '\sysnative\WindowsPowerShell\v1.0\powershell.exe') @Arguments
}

function Invoke-In64Bit {
    # Runs this script again in 64-bit PowerShell and ends with its code. The settings travel as variables: quoting cannot break
    # them. So does the path; and with -Command an allowed script runs where AppLocker restricts PowerShell, with -File it does not.
    [CmdletBinding()] param()
    if (-not $PSCommandPath) {
        Exit-Script -Reason 'WrongPlatform' -Message 'this is 32-bit PowerShell, and the script has no file that 64-bit PowerShell could run; save it, or start 64-bit PowerShell'
    }
    # What a 32-bit process calls System32 is SysWOW64.
    $from = '(?i)^' + [regex]::Escape((Join-Path -Path $env:SystemRoot -ChildPath 'System32'))
    $to = (Join-Path -Path $env:SystemRoot -ChildPath 'SysWOW64').Replace('$', '$$')
    foreach ($name in @($Given.Keys)) {
        $text = Get-Setting -Name $name
        if ($text) {
            [Environment]::SetEnvironmentVariable('PORTICO_' + $name.ToUpperInvariant(), ($text -replace ($from + '(?=[\\/])'), $to))
        }
    }
    [Environment]::SetEnvironmentVariable('PORTICO_SCRIPT', ($PSCommandPath -replace ($from + '(?=[\\/])'), $to))
    $words = @($Stray | Where-Object -FilterScript { ([string] $_).Trim() } | ForEach-Object -Process { " '" + ($_ -replace "['\u2018-\u201b]", '$0$0') + "'" })
    $line = '& $env:PORTICO_SCRIPT' + (-join $words)
    $silent = @('-NonInteractive')
    if ($WhatIfPreference) {
        $line += ' -WhatIf'
    }
    if ($VerbosePreference -ne 'SilentlyContinue') {
        $line += ' -Verbose'
    }
    if ($ConfirmPreference -eq 'Low') {
        $line += ' -Confirm'
        $silent = @()
    }
    Start-PowerShell -Arguments (@('-NoLogo', '-NoProfile') + $silent + @('-ExecutionPolicy', 'Bypass', '-Command', ($line + '; exit $LASTEXITCODE')))
    $script:Code = $LASTEXITCODE
    throw 'The other PowerShell has done it.'
}

function Test-Link {
    # Whether something is a link or junction to somewhere else.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    return ([System.IO.File]::GetAttributes($Path) -band [System.IO.FileAttributes]::ReparsePoint) -ne 0
}

function Test-OwnedByAdministrator {
    # Whether administrators, SYSTEM or who runs this own a file or folder.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    $owner = (Get-Acl -LiteralPath $Path).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    return @('S-1-5-18', 'S-1-5-32-544', [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value) -contains $owner
}

function Protect-Folder {
    # Lets only administrators and SYSTEM write to a folder.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Path)
    $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $security.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)')
    if ($PSCmdlet.ShouldProcess($Path, 'Let only administrators write to it')) {
        Set-Acl -LiteralPath $Path -AclObject $security
    }
}

function Initialize-Folder {
    # Makes %ProgramData%\Portico\NAME, which only administrators and SYSTEM can write to: everybody may create folders in
    # %ProgramData%, and what runs from here runs as SYSTEM. One that somebody else has made beforehand is not used.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Name)
    $top = Join-Path -Path (Get-SystemFolder -Name 'CommonApplicationData') -ChildPath $Product.Name
    $folder = Join-Path -Path $top -ChildPath $Name
    if ($PSCmdlet.ShouldProcess($folder, 'Create a folder that only administrators can write to')) {
        foreach ($path in @($top, $folder)) {
            $null = [System.IO.Directory]::CreateDirectory($path)
            if (Test-Link -Path $path) {
                throw ('{0} is a link to somewhere else; remove it' -f $path)
            }
            if (-not (Test-OwnedByAdministrator -Path $path)) {
                throw ('{0} belongs to somebody who is no administrator; remove it' -f $path)
            }
            Protect-Folder -Path $path
        }
        return $folder
    }
    return ''
}

function Clear-PlantedFile {
    # Removes the name of a file that has more than one, or that is a link: what is written there would land somewhere else.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Path)
    $there = Get-Item -LiteralPath $Path -Force -ErrorAction SilentlyContinue
    $planted = $null -ne $there -and ($there.LinkType -or ($there.Attributes -band [System.IO.FileAttributes]::ReparsePoint))
    if ($planted -and $PSCmdlet.ShouldProcess($Path, 'Remove the link')) {
        [System.IO.File]::Delete($Path)
        Write-Reason -Message ('{0} was a link to another file, and was removed; somebody may have put it there to have that file overwritten' -f $Path)
    }
}

function Initialize-Log {
    # Begins the log. Without one the work goes on, and an error says so.
    [CmdletBinding(SupportsShouldProcess = $true)] param()
    try {
        $folder = Initialize-Folder -Name 'Logs'
        if ($folder -and $PSCmdlet.ShouldProcess($folder, 'Write a log')) {
            $stem = Join-Path -Path $folder -ChildPath ($ScriptName -replace '\.ps1$', '')
            foreach ($end in @('.log', '.log.old', '-msi.log')) {
                Clear-PlantedFile -Path ($stem + $end)
            }
            if ((Test-Path -LiteralPath ($stem + '.log')) -and (Get-Item -LiteralPath ($stem + '.log')).Length -gt 1mb) {
                Move-Item -LiteralPath ($stem + '.log') -Destination ($stem + '.log.old') -Force
            }
            $script:LogFolder = $folder
            $script:LogFile = $stem + '.log'
            Write-Log -Message ('{0} begins in process {1}, PowerShell {2}' -f $ScriptName, $PID, $PSVersionTable.PSVersion)
        }
    } catch {
        Write-Reason -Message ('no log can be written: {0}' -f (Get-Sentence -Failure $_))
    }
}

function Get-MsiLog {
    # Where msiexec's own log is, in words.
    [CmdletBinding()] param()
    if ($script:LogFolder) {
        return 'its log is ' + ($script:LogFile -replace '\.log$', '-msi.log')
    }
    return 'it has no log, since none could be written'
}

function ConvertTo-ShortVersion {
    # The first three parts of a version, the ones that Windows Installer compares; $null for what is none.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text)
    $parsed = $null
    $bare = ($Text -split '[-+]')[0] -replace '^([0-9]+)$', '$1.0'
    if (-not [Version]::TryParse($bare, [ref] $parsed)) {
        return $null
    }
    return New-Object -TypeName System.Version -ArgumentList $parsed.Major, $parsed.Minor, ([Math]::Max($parsed.Build, 0))
}

function ConvertTo-PackedGuid {
    # A GUID as Windows Installer names its keys: no braces, each group backwards.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Guid)
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
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Packed)
    return '{' + ((ConvertTo-PackedGuid -Guid $Packed) -replace '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '$1-$2-$3-$4-$5') + '}'
}

function Open-Machine {
    # HKEY_LOCAL_MACHINE, in one of its two views.
    [CmdletBinding()] param([string] $View = 'Registry64')
    return [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $View)
}

function Read-Key {
    # A key below HKEY_LOCAL_MACHINE: its values by name, as they are written, their names, and the names of the keys in it; empty
    # where there is none. What asks a hashtable for its Keys or Count gets a value that is named so.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path, [string] $View = 'Registry64')
    $read = @{ There = $false; Keys = @(); Names = @(); Value = @{} }
    $machine = Open-Machine -View $View
    $key = $machine.OpenSubKey($Path)
    if ($null -ne $key) {
        $read.There = $true
        $read.Keys = @($key.GetSubKeyNames())
        $read.Names = @($key.GetValueNames())
        foreach ($name in $read.Names) {
            $read.Value[$name] = $key.GetValue($name, '', 'DoNotExpandEnvironmentNames')
        }
        $key.Dispose()
    }
    $machine.Dispose()
    return $read
}

function Get-InstalledProduct {
    # Every Portico of which Windows Installer has a record, by upgrade code, and by name where that trace was lost. Known is one
    # that it can still remove; Whole has its entry in Apps & Features, too.
    [CmdletBinding()] param()
    $packed = ConvertTo-PackedGuid -Guid $Product.UpgradeCode
    $codes = @()
    foreach ($path in $UpgradeCodePath) {
        $names = @((Read-Key -Path ($path + '\' + $packed)).Names) -match '^[0-9A-Fa-f]{32}$'
        $codes += @($names | ForEach-Object -Process { ConvertFrom-PackedGuid -Packed $_ })
    }
    $entries = @{}
    foreach ($view in @('Registry64', 'Registry32')) {
        foreach ($name in @((Read-Key -Path $UninstallPath -View $view).Keys) -match '^\{[0-9A-Fa-f-]{36}\}$') {
            $entry = (Read-Key -Path ($UninstallPath + '\' + $name) -View $view).Value
            $entries[$name] = $entry
            if ($entry['DisplayName'] -eq $Product.Name -and $entry['Publisher'] -eq $Product.Manufacturer) {
                $codes += $name.ToUpperInvariant()
            }
        }
    }
    foreach ($code in @($codes | Sort-Object -Unique)) {
        $packed = ConvertTo-PackedGuid -Guid $code
        $known = (Read-Key -Path ('SOFTWARE\Classes\Installer\Products\' + $packed)).There -and (Read-Key -Path ($UserDataPath + '\Products\' + $packed)).There
        $facts = (Read-Key -Path ($UserDataPath + '\Products\' + $packed + '\InstallProperties')).Value
        if ($entries.ContainsKey($code)) {
            $facts = $entries[$code]
        }
        New-Object -TypeName PSObject -Property @{
            ProductCode = $code
            Version     = [string] $facts['DisplayVersion']
            Folder      = [string] $facts['InstallLocation']
            Known       = $known
            Whole       = $known -and $entries.ContainsKey($code)
        }
    }
}

function Get-Remembered {
    # What the MSI has written down of its properties, by name of the value.
    [CmdletBinding()] param()
    return (Read-Key -Path $Product.SettingsKey).Value
}

function ConvertTo-PlainPortal {
    # A portal in the one form in which two can be compared: none is as good as no answer.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowNull()] [AllowEmptyString()] [string] $Text)
    return ([string] $Text).TrimEnd('/') -replace '^none$', ''
}

function Get-Defect {
    # Why an installation is not whole, '' where it is.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [PSObject] $Installed)
    if (-not $Installed.Known) {
        return 'of {0} only a trace is left in the registry' -f $Installed.ProductCode
    }
    if (-not $Installed.Whole) {
        return '{0} has no entry in Apps & Features' -f $Installed.ProductCode
    }
    if ($null -eq (ConvertTo-ShortVersion -Text $Installed.Version)) {
        return "its version is '{0}', which cannot be read" -f $Installed.Version
    }
    $folder = $Installed.Folder
    if (-not $folder) {
        $folder = [string] (Get-Remembered)['InstallDir']
    }
    foreach ($name in $ProgramName) {
        # Join-Path would fail where the drive is not there any more.
        if (-not $folder -or -not [System.IO.File]::Exists([System.IO.Path]::Combine($folder, $name + '.exe'))) {
            return "there is no {0}.exe in '{1}'" -f $name, $folder
        }
    }
    return ''
}

function Wait-WindowsInstaller {
    # Waits until no installation runs; $false when the time is over. An installation that runs holds the mutex _MSIExecute.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [DateTime] $Until)
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
    if ($free) {
        $mutex.ReleaseMutex()
    }
    $mutex.Dispose()
    return $free
}

function Start-Msiexec {
    # Runs msiexec; its code, or $null where it has not ended in time.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Arguments, [Parameter(Mandatory = $true)] [int] $Minutes)
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = Join-Path -Path ([Environment]::SystemDirectory) -ChildPath 'msiexec.exe'
    $start.Arguments = $Arguments
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    if ($PSCmdlet.ShouldProcess($start.FileName, $Arguments)) {
        $process = [System.Diagnostics.Process]::Start($start)
        if ($process.WaitForExit($Minutes * 60000)) {
            return $process.ExitCode
        }
    }
    return $null
}

function Invoke-WindowsInstaller {
    # Runs msiexec once no other installation runs, and returns its code. What to run is decided after each wait: what was true
    # before need not be true any more. Decide gives the arguments, or '' where nothing is to be run, which is 1605 then.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [scriptblock] $Decide, [Parameter(Mandatory = $true)] [int] $WaitMinutes)
    $runMinutes = 30
    $until = [DateTime]::UtcNow.AddMinutes($WaitMinutes)
    do {
        if (-not (Wait-WindowsInstaller -Until $until)) {
            Exit-Script -Reason 'InstallerBusy' -Message ('another installation was still running after {0} minutes; try again, or wait longer with -WaitMinutes' -f $WaitMinutes)
        }
        $arguments = [string] (& $Decide)
        if (-not $arguments) {
            return 1605
        }
        Write-Log -Message ('msiexec.exe {0}' -f $arguments)
        $result = Start-Msiexec -Arguments $arguments -Minutes $runMinutes -Confirm:$false
        if ($null -eq $result) {
            $script:Unfinished = $true
            Exit-Script -Reason 'Timeout' -Message ('Windows Installer has not finished within {0} minutes; it was not ended and may still finish' -f $runMinutes)
        }
        Write-Log -Message ('msiexec.exe ended with {0}' -f $result)
        $again = $result -eq $ExitCode.InstallerBusy -and [DateTime]::UtcNow -lt $until
        if ($again) {
            Start-Sleep -Seconds 5 # somebody else was quicker
        }
    } while ($again)
    return $result
}

function Get-CodeName {
    # The table's name for a code of msiexec. Numbers that mean something else in the table, or nothing, are a failure.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [int] $Code)
    $shared = @('Success', 'InstallerBusy', 'InvalidPackage', 'ForbiddenByPolicy', 'RebootStarted', 'RebootRequired')
    $name = $shared | Where-Object -FilterScript { $ExitCode.ContainsKey($_) -and $ExitCode[$_] -eq $Code }
    if ($name) {
        return $name
    }
    return 'Failed'
}

function Stop-Portico {
    # Ends Portico's programs in every session: files in use would wait for a restart. Only those in its own folder, so that no
    # other program of that name ends, and no other maker's.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Folder)
    foreach ($process in @(Get-Process -Name $ProgramName -ErrorAction SilentlyContinue)) {
        $path = ''
        try {
            $path = [string] $process.MainModule.FileName
        } catch {
            Write-Log -Message ('Process {0} ({1}) ended or cannot be looked at' -f $process.ProcessName, $process.Id)
        }
        $within = $Folder.TrimEnd('\') + [System.IO.Path]::DirectorySeparatorChar
        $ours = $Folder -and $path.StartsWith($within, [StringComparison]::OrdinalIgnoreCase) -and @('', $Product.Manufacturer) -contains (Get-Maker -Path $path)
        if ($ours -and $PSCmdlet.ShouldProcess($path + ', process ' + $process.Id, 'End the program')) {
            Stop-Process -Id $process.Id -Force -ErrorAction SilentlyContinue
            # Until it has ended its file is in use.
            Wait-Process -Id $process.Id -Timeout 10 -ErrorAction SilentlyContinue
            Write-Log -Message ('Ended {0}, process {1}' -f $path, $process.Id)
        }
    }
}

function Get-Maker {
    # Who made a program, by its version resource; '' where it has none.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    return [string] [System.Diagnostics.FileVersionInfo]::GetVersionInfo($Path).CompanyName
}

function Get-ProgramFolder {
    # The folders in which Portico's own records say that its programs are.
    [CmdletBinding()] param()
    $named = @(Get-InstalledProduct | ForEach-Object -Process { $_.Folder }) + [string] (Get-Remembered)['InstallDir']
    return @($named | Where-Object -FilterScript { $_ } | ForEach-Object -Process { $_.TrimEnd('\') } | Sort-Object -Unique)
}

function Get-UsualFolder {
    # Where the programs are when nothing else was said.
    [CmdletBinding()] param()
    return Join-Path -Path (Get-SystemFolder -Name 'ProgramFiles') -ChildPath $Product.Name
}

function Test-OurProgram {
    # Whether a text names one of our programs: by its maker, and for one that is broken or gone by the folder, which a record has to
    # name. Nobody else can be meant by a program in the usual folder when that folder is not there.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text, [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    $usual = Get-UsualFolder
    foreach ($found in [regex]::Matches($Text, '(?i)((?:[A-Z]:\\|/)[^\x00-\x1f"<>|?*:;]*)[\\/](portico|portico-agent|porticoctl)\.exe')) {
        $maker = $(if ([System.IO.File]::Exists($found.Value)) { Get-Maker -Path $found.Value } else { '' })
        $folder = $found.Groups[1].Value
        $known = $Recorded -contains $folder -or ($folder -eq $usual -and -not [System.IO.Directory]::Exists($usual))
        if ($maker -eq $Product.Manufacturer -or (-not $maker -and $known)) {
            return $true
        }
    }
    return $false
}

function New-Trace {
    # Something of Portico's name, and whether it is Portico's.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Kind, [Parameter(Mandatory = $true)] [string] $Path, [string] $Name = '', [bool] $Ours = $true, [string] $View = 'Registry64', [string] $Root = '')
    $what = $(if (@('Key', 'EmptyKey', 'Value') -contains $Kind) { 'HKLM\' + $Path } else { $Path }) + $(if ($Name) { ', ' + $Name } else { '' })
    return New-Object -TypeName PSObject -Property @{ Kind = $Kind; Path = $Path; Name = $Name; Ours = $Ours; View = $View; Root = $Root; What = $what }
}

function Get-FileTrace {
    # The files that the package puts into a folder, and the folder.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Folder, [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    # Without a look at the drive first Join-Path would fail where it is not there any more.
    if (-not [System.IO.Directory]::Exists($Folder)) {
        return
    }
    $ours = $Recorded -contains $Folder
    foreach ($path in @($ProgramName | ForEach-Object -Process { Join-Path -Path $Folder -ChildPath ($_ + '.exe') } | Where-Object -FilterScript { [System.IO.File]::Exists($_) })) {
        $own = Test-OurProgram -Text $path -Recorded $Recorded
        $ours = $ours -or $own
        New-Trace -Kind 'File' -Path $path -Ours $own
    }
    # Words of ours in it, beside our programs: a text with such a name may be anybody's.
    foreach ($text in @(@('LICENSE.txt', 'Apache License'), @('THIRD-PARTY-NOTICES.txt', 'Portico is licensed under'))) {
        $path = Join-Path -Path $Folder -ChildPath $text[0]
        if ([System.IO.File]::Exists($path)) {
            New-Trace -Kind 'File' -Path $path -Ours ($ours -and (@(Get-Content -LiteralPath $path -TotalCount 3) -join ' ').Contains($text[1]))
        }
    }
    New-Trace -Kind 'EmptyFolder' -Path $Folder -Ours $ours
}

function Get-Trace {
    # What is on this computer of a Portico, apart from Windows Installer's record, policies, people's data and logs; each thing with
    # the answer whether it is ours, since other makers may use the name.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    $usual = Get-UsualFolder
    foreach ($folder in @(@($usual) + $Recorded | Sort-Object -Unique)) {
        Get-FileTrace -Folder $folder -Recorded $Recorded
    }
    foreach ($entry in ([string] (Read-Key -Path $EnvironmentKey).Value['Path']).Split(';')) {
        $folder = [Environment]::ExpandEnvironmentVariables($entry.Trim().Trim('"')).TrimEnd('\')
        $own = $folder -and (Test-OurProgram -Text (@($ProgramName | ForEach-Object -Process { [System.IO.Path]::Combine($folder, $_ + '.exe') }) -join ';') -Recorded $Recorded)
        if ($own -or $folder -eq $usual) {
            New-Trace -Kind 'Path' -Path 'PATH' -Name $entry -Ours $own
        }
    }
    foreach ($place in @('CommonPrograms', 'CommonDesktopDirectory')) {
        $path = [System.IO.Path]::Combine((Get-SystemFolder -Name $place), 'Portico.lnk')
        if ([System.IO.File]::Exists($path)) {
            # A link has its target in one of these, at an even place or an odd one.
            $bytes = [System.IO.File]::ReadAllBytes($path)
            $texts = [System.Text.Encoding]::Default.GetString($bytes), [System.Text.Encoding]::Unicode.GetString($bytes), [System.Text.Encoding]::Unicode.GetString(@(0) + $bytes)
            New-Trace -Kind 'File' -Path $path -Ours (Test-OurProgram -Text ($texts -join '"') -Recorded $Recorded)
        }
    }
    $run = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
    $line = (Read-Key -Path $run).Value[$Product.RunValue]
    if ($null -ne $line) {
        New-Trace -Kind 'Value' -Path $run -Name $Product.RunValue -Ours (Test-OurProgram -Text $line -Recorded $Recorded)
    }
    $class = 'SOFTWARE\Classes\portico'
    if ((Read-Key -Path $class).There) {
        $lines = @('\shell\open\command', '\DefaultIcon' | ForEach-Object -Process { (Read-Key -Path ($class + $_)).Value[''] }) -join '"'
        New-Trace -Kind 'Key' -Path $class -Ours (Test-OurProgram -Text $lines -Recorded $Recorded)
    }
    $source = 'SYSTEM\CurrentControlSet\Services\EventLog\Application\' + $Product.EventSource
    $values = Read-Key -Path $source
    if ($values.There) {
        New-Trace -Kind 'Key' -Path $source -Ours ([string] $values.Value['EventMessageFile'] -like '*\EventCreate.exe' -and $values.Value['CustomSource'] -eq 1)
    }
    # Of what the package writes there, three at once are nobody else's.
    $told = Read-Key -Path $Product.SettingsKey
    $names = @('InstallDir', 'PortalUrl', 'Autostart', 'DesktopShortcut', 'StartMenu', 'StartMenuIcon', 'DesktopIcon' | Where-Object -FilterScript { $told.Value.ContainsKey($_) })
    if ($told.There) {
        foreach ($name in @($names | Where-Object -FilterScript { $names.Count -ge 3 })) {
            New-Trace -Kind 'Value' -Path $Product.SettingsKey -Name $name
        }
        New-Trace -Kind 'EmptyKey' -Path $Product.SettingsKey -Ours ($names.Count -ge 3)
    }
}
