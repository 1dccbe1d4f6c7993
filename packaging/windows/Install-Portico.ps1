<#
.SYNOPSIS
    Installs or updates Portico on a Windows computer, silently.

.DESCRIPTION
    Checks the MSI (SHA-256, signature, that it is Portico's and no older than what is there), waits while another
    installation runs, and runs it with msiexec /qn /norestart. Run it as an administrator or as SYSTEM (Intune, RMM, a start-up
    script of group policy). Nothing is started for anybody from SYSTEM: Portico comes with each person's next log-on.

    It may be run again and again: where the same version is installed with the same settings it ends with 0 and does nothing.
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
    2 FileNotFound: There is no MSI at the place, or more than one beside the script; for register-app, no az.
    5 AccessDenied: It does not run as an administrator or SYSTEM.
    50 WrongPlatform: This is not Windows, or a 32-bit one.
    59 DownloadFailed: The MSI could not be downloaded.
    87 InvalidParameter: A parameter or variable has a value that cannot be used; the message names it.
    577 UntrustedPackage: The MSI's SHA-256 or signature is not the expected one, or it has none and no SHA-256 was given. It
        was not run.
    1460 Timeout: Windows Installer has not finished in time. It was not ended and may still finish.
    1603 Failed: Windows Installer or the script failed. A code of msiexec that is not in this table becomes this one; the
        message and the log have its own number.
    1618 InstallerBusy: Another installation is running and did not end in time.
    1620 InvalidPackage: The file is no MSI, or not Portico's.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language
        mode.
    1638 NewerInstalled: A newer version is installed. Portico is never set back.
    1641 RebootStarted: Done; Windows Installer has started a restart.
    3010 RebootRequired: Done; some files are replaced or removed at the next restart.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true, PositionalBinding = $false)]
param(
    [Parameter(Position = 0)] [string] $PortalUrl = '',
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
    [string] $WaitMinutes = ''
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What it may end with: exit-codes.json says what each means.
$ExitCode = @{
    Success           = 0
    FileNotFound      = 2
    AccessDenied      = 5
    WrongPlatform     = 50
    DownloadFailed    = 59
    InvalidParameter  = 87
    UntrustedPackage  = 577
    Timeout           = 1460
    Failed            = 1603
    InstallerBusy     = 1618
    InvalidPackage    = 1620
    ForbiddenByPolicy = 1625
    NewerInstalled    = 1638
    RebootStarted     = 1641
    RebootRequired    = 3010
}
# Before anything that this mode does not allow, such as calling methods.
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control.'
    exit $ExitCode.ForbiddenByPolicy
}

$ScriptName = 'Install-Portico.ps1'
# As in product.json.
$Product = @{
    Name         = 'Portico'
    Manufacturer = 'Portico contributors'
    UpgradeCode  = '{48346913-819A-4C89-B928-1861AD61583D}'
    SettingsKey  = 'SOFTWARE\Portico'
}
$ProgramName = @('portico', 'portico-agent', 'porticoctl')
$UninstallPath = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$UpgradeCodePath = @('SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes', 'SOFTWARE\Classes\Installer\UpgradeCodes')
# How long one run of msiexec may take.
$InstallerMinutes = 30

# The variables that stand in for a parameter, the first one that is set.
$Variable = @{
    PortalUrl        = @('PORTICO_PORTALURL', 'PORTALURL')
    MsiPath          = @('PORTICO_MSIPATH')
    MsiUrl           = @('PORTICO_MSIURL')
    Sha256           = @('PORTICO_SHA256')
    SignerSubject    = @('PORTICO_SIGNERSUBJECT')
    SignerThumbprint = @('PORTICO_SIGNERTHUMBPRINT')
    AllowUnsigned    = @('PORTICO_ALLOWUNSIGNED')
    Autostart        = @('PORTICO_AUTOSTART')
    DesktopShortcut  = @('PORTICO_DESKTOPSHORTCUT')
    StartMenu        = @('PORTICO_STARTMENU')
    InstallDir       = @('PORTICO_INSTALLDIR')
    StopRunning      = @('PORTICO_STOPRUNNING')
    WaitMinutes      = @('PORTICO_WAITMINUTES')
}
$Given = @{
    PortalUrl        = $PortalUrl
    MsiPath          = $MsiPath
    MsiUrl           = $MsiUrl
    Sha256           = $Sha256
    SignerSubject    = $SignerSubject
    SignerThumbprint = $SignerThumbprint
    AllowUnsigned    = $(if ($AllowUnsigned) { 'yes' } elseif ($PSBoundParameters.ContainsKey('AllowUnsigned')) { 'no' } else { '' })
    Autostart        = $Autostart
    DesktopShortcut  = $DesktopShortcut
    StartMenu        = $StartMenu
    InstallDir       = $InstallDir
    StopRunning      = $(if ($StopRunning) { 'yes' } elseif ($PSBoundParameters.ContainsKey('StopRunning')) { 'no' } else { '' })
    WaitMinutes      = $WaitMinutes
}
$FlagWord = @{ '1' = 'yes'; 'true' = 'yes'; 'yes' = 'yes'; 'on' = 'yes'; '0' = 'no'; 'false' = 'no'; 'no' = 'no'; 'off' = 'no' }
$PropertyWord = @{ 'yes' = '1'; 'no' = '0' }
# Under which name the MSI remembers a property. INSTALLDIR does not change where the same version is installed.
$RememberedAs = @{ PORTALURL = 'PortalUrl'; AUTOSTART = 'Autostart'; DESKTOPSHORTCUT = 'DesktopShortcut'; STARTMENU = 'StartMenu' }
# What becomes of an MSI whose signature is in this state (the Status of Get-AuthenticodeSignature). Every other state is
# refused, whatever was given: somebody has signed something, and it does not fit.
$SignatureRule = @{ Valid = 'accept'; NotSigned = 'only-with-hash' }

$script:LogFile = ''
$script:LogFolder = ''

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

function Get-Number {
    # A setting that has to be a whole number within bounds, or the default.
    [CmdletBinding()]
    [OutputType([int])]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [Parameter(Mandatory = $true)] [int] $Default,
        [Parameter(Mandatory = $true)] [int] $Maximum
    )
    $text = Get-Setting -Name $Name
    if (-not $text) {
        return $Default
    }
    $number = 0
    if (-not [int]::TryParse($text, [ref] $number) -or $number -lt 0 -or $number -gt $Maximum) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be a whole number from 0 to {2}" -f $Name, $text, $Maximum)
    }
    return $number
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

function Get-Wish {
    # The settings that were given, checked, as the MSI's properties.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()
    $wish = @{}
    $portal = Get-PortalUrl
    if ($portal) {
        $wish['PORTALURL'] = $portal
    }
    $start = Get-Choice -Name 'Autostart' -Allowed @('always', 'never', 'user-decides')
    if ($start) {
        $wish['AUTOSTART'] = $start
    }
    foreach ($name in @('DesktopShortcut', 'StartMenu')) {
        $word = Get-Choice -Name $name -Allowed @('yes', 'no')
        if ($word) {
            $wish[$name.ToUpperInvariant()] = $PropertyWord[$word]
        }
    }
    $folder = Get-Setting -Name 'InstallDir'
    if ($folder) {
        if ($folder -notmatch '^[A-Za-z]:\\[^"<>|?*:/\\][^"<>|?*:/]*$') {
            Exit-Script -Reason 'InvalidParameter' -Message ("-InstallDir is '{0}'; it has to be a whole path like C:\Program Files\Portico" -f $folder)
        }
        $wish['INSTALLDIR'] = $folder.TrimEnd('\')
    }
    return $wish
}

function Get-Source {
    # Where the MSI comes from and what it has to be, checked as far as words can be.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()
    $source = @{
        Path       = Get-Setting -Name 'MsiPath'
        Url        = Get-Setting -Name 'MsiUrl'
        UrlToShow  = ''
        Sha256     = Get-Setting -Name 'Sha256'
        Subject    = Get-Setting -Name 'SignerSubject'
        Thumbprint = (Get-Setting -Name 'SignerThumbprint') -replace '[\s:]', ''
        Unsigned   = (Get-Choice -Name 'AllowUnsigned' -Allowed @('yes', 'no')) -eq 'yes'
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

function Find-Msi {
    # The MSI on this computer: the one that was named, or the only one beside this script.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Path
    )
    if ($Path) {
        $whole = $Path
        try {
            $whole = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        } catch {
            # SYSTEM does not see the drives that a person has mapped.
            Exit-Script -Reason 'FileNotFound' -Message ('there is no file {0}: {1}' -f $Path, $_.Exception.Message)
        }
        if (-not (Test-Path -LiteralPath $whole -PathType Leaf)) {
            Exit-Script -Reason 'FileNotFound' -Message ('there is no file {0}' -f $whole)
        }
        return $whole
    }
    $folder = $PSScriptRoot
    if (-not $folder) {
        $folder = (Get-Location -PSProvider FileSystem).ProviderPath
    }
    $found = @(Get-ChildItem -LiteralPath $folder -Filter 'portico-*-x64.msi' -File)
    if ($found.Count -ne 1) {
        Exit-Script -Reason 'FileNotFound' -Message ('{0} has {1} files named portico-*-x64.msi, and not one; give -MsiPath' -f $folder, $found.Count)
    }
    return $found[0].FullName
}

function Save-Msi {
    # Downloads the MSI into a folder that only administrators can write to; '' when it is only asked what it would do.
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Url,
        [Parameter(Mandatory = $true)] [string] $ToShow
    )
    $folder = Initialize-Folder -Name 'Download'
    if ($PSCmdlet.ShouldProcess($ToShow, 'Download the MSI')) {
        $file = Join-Path -Path $folder -ChildPath 'portico-download-x64.msi'
        # Windows PowerShell on older systems offers TLS 1.0 alone, and its progress bar takes longer than the download.
        [System.Net.ServicePointManager]::SecurityProtocol = [System.Net.ServicePointManager]::SecurityProtocol -bor [System.Net.SecurityProtocolType]::Tls12
        $ProgressPreference = 'SilentlyContinue'
        try {
            Invoke-WebRequest -Uri $Url -OutFile $file -UseBasicParsing -TimeoutSec 600
        } catch {
            Exit-Script -Reason 'DownloadFailed' -Message ('{0} could not be downloaded: {1}' -f $ToShow, $_.Exception.Message)
        }
        return $file
    }
    return ''
}

function Assert-Msi {
    # Ends the script unless the MSI is the one that is meant.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [hashtable] $Source
    )
    if ($Source.Sha256) {
        $hash = (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
        if ($hash -ne $Source.Sha256) {
            Exit-Script -Reason 'UntrustedPackage' -Message ('{0} has the SHA-256 {1} and not {2}; it was not run' -f $Path, $hash, $Source.Sha256)
        }
    }
    $signature = Get-AuthenticodeSignature -LiteralPath $Path
    $state = [string] $signature.Status
    $rule = [string] $SignatureRule[$state]
    if ($rule -eq 'accept') {
        $certificate = $signature.SignerCertificate
        $name = $certificate.GetNameInfo([System.Security.Cryptography.X509Certificates.X509NameType]::SimpleName, $false)
        if ($Source.Thumbprint -and $certificate.Thumbprint -ne $Source.Thumbprint) {
            Exit-Script -Reason 'UntrustedPackage' -Message ('{0} is signed with the certificate {1} and not {2}; it was not run' -f $Path, $certificate.Thumbprint, $Source.Thumbprint)
        }
        if ($Source.Subject -and $Source.Subject -ne $certificate.Subject -and $Source.Subject -ne $name) {
            Exit-Script -Reason 'UntrustedPackage' -Message ("{0} is signed by '{1}' and not by '{2}'; it was not run" -f $Path, $certificate.Subject, $Source.Subject)
        }
        Write-Log -Message ('{0} is signed by {1}' -f $Path, $certificate.Subject)
        return
    }
    $named = $Source.Thumbprint -or $Source.Subject
    if ($rule -ne 'only-with-hash' -or $named) {
        Exit-Script -Reason 'UntrustedPackage' -Message ('the signature of {0} is not good ({1}); it was not run' -f $Path, $state)
    }
    if (-not $Source.Sha256 -and -not $Source.Unsigned) {
        Exit-Script -Reason 'UntrustedPackage' -Message ('nobody has signed {0}, and no -Sha256 was given to know it by; it was not run' -f $Path)
    }
    Write-Log -Message ('{0} is not signed' -f $Path)
}

function Read-Msi {
    # ProductName, ProductVersion, ProductCode and UpgradeCode of an MSI, read by Windows Installer itself.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path
    )
    $read = @{}
    try {
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
    } catch {
        Exit-Script -Reason 'InvalidPackage' -Message ('{0} cannot be read as an MSI: {1}' -f $Path, $_.Exception.Message)
    }
    if ($read.UpgradeCode -ne $Product.UpgradeCode) {
        Exit-Script -Reason 'InvalidPackage' -Message ('{0} is {1}, and not {2}' -f $Path, $read.ProductName, $Product.Name)
    }
    return $read
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

function Get-Difference {
    # The properties whose wished value is not the remembered one.
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Wish
    )
    $remembered = Get-Remembered
    foreach ($name in @($RememberedAs.Keys | Sort-Object)) {
        if ($Wish.ContainsKey($name)) {
            $before = ([string] $remembered[$RememberedAs[$name]]).TrimEnd('/')
            if ($before -cne $Wish[$name]) {
                Write-Log -Message ("{0} is '{1}' and shall be '{2}'" -f $name, $before, $Wish[$name])
                $name
            }
        }
    }
}

function Wait-WindowsInstaller {
    # Waits until no installation runs; $false when the time is over. An installation that
    # runs holds the mutex _MSIExecute.
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)] [DateTime] $Until
    )
    $mutex = $null
    try {
        $mutex = [System.Threading.Mutex]::OpenExisting('Global\_MSIExecute')
    } catch [System.Threading.WaitHandleCannotBeOpenedException] {
        return $true
    } catch {
        Write-Log -Message ('Whether another installation runs cannot be seen: {0}' -f $_.Exception.Message)
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

function Invoke-WindowsInstaller {
    # Runs msiexec and returns its code; Success when it is only asked what it would do.
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType([int])]
    param(
        [Parameter(Mandatory = $true)] [string] $Arguments,
        [Parameter(Mandatory = $true)] [string] $Target,
        [Parameter(Mandatory = $true)] [string] $Action,
        [Parameter(Mandatory = $true)] [int] $WaitMinutes
    )
    $code = $ExitCode.Success
    if ($PSCmdlet.ShouldProcess($Target, $Action)) {
        $until = [DateTime]::UtcNow.AddMinutes($WaitMinutes)
        $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
        $start.FileName = Join-Path -Path ([Environment]::SystemDirectory) -ChildPath 'msiexec.exe'
        $start.Arguments = $Arguments
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        do {
            if (-not (Wait-WindowsInstaller -Until $until)) {
                Exit-Script -Reason 'InstallerBusy' -Message ('another installation was still running after {0} minutes; try again, or wait longer with -WaitMinutes' -f $WaitMinutes)
            }
            Write-Log -Message ('msiexec.exe {0}' -f $Arguments)
            $process = [System.Diagnostics.Process]::Start($start)
            if (-not $process.WaitForExit($InstallerMinutes * 60000)) {
                Exit-Script -Reason 'Timeout' -Message ('Windows Installer has not finished within {0} minutes; it was not ended and may still finish' -f $InstallerMinutes)
            }
            $code = $process.ExitCode
            Write-Log -Message ('msiexec.exe ended with {0}' -f $code)
            $again = $code -eq $ExitCode.InstallerBusy -and [DateTime]::UtcNow -lt $until
            if ($again) {
                Start-Sleep -Seconds 5 # somebody else was quicker
            }
        } while ($again)
    }
    return $code
}

function Get-CodeName {
    # The table's name for a code of msiexec; Failed for one that is not in it.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [int] $Code
    )
    foreach ($name in $ExitCode.Keys) {
        if ($ExitCode[$name] -eq $Code) {
            return $name
        }
    }
    return 'Failed'
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

function Install-Msi {
    # Decides what has to be done, does it, and ends the script.
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [hashtable] $Wish,
        [Parameter(Mandatory = $true)] [int] $WaitMinutes
    )
    $msi = Read-Msi -Path $Path
    $version = ConvertTo-ShortVersion -Text $msi.ProductVersion
    $reinstall = ''
    $folder = ''
    foreach ($installed in @(Get-InstalledProduct)) {
        $there = ConvertTo-ShortVersion -Text $installed.Version
        if ($installed.Folder) {
            $folder = $installed.Folder
        }
        if ($null -ne $there -and $there -gt $version) {
            Exit-Script -Reason 'NewerInstalled' -Message ('{0} {1} is installed, which is newer than {2}' -f $Product.Name, $installed.Version, $msi.ProductVersion)
        }
        if ($installed.Whole -and $installed.ProductCode -eq $msi.ProductCode) {
            # The same package once more, all of it, so that shortcuts and registry follow the new values. With v it
            # comes from this file: the one that was installed from is gone where Intune or the download folder had it.
            $reinstall = ' REINSTALL=ALL REINSTALLMODE=vamus'
        }
    }
    if ($reinstall) {
        $different = @(Get-Difference -Wish $Wish)
        if ($different.Count -eq 0) {
            Write-Log -Message 'Nothing is to be done'
            Write-Output ('{0} {1} is installed already, with these settings.' -f $Product.Name, $msi.ProductVersion)
            exit $ExitCode.Success
        }
        $Wish.Remove('INSTALLDIR')
    }
    if ((Get-Choice -Name 'StopRunning' -Allowed @('yes', 'no')) -eq 'yes') {
        Stop-Portico -Folder $folder
    }
    $properties = ''
    foreach ($name in @($Wish.Keys | Sort-Object)) {
        $properties = $properties + (' {0}="{1}"' -f $name, $Wish[$name])
    }
    $arguments = '/i "{0}" /qn /norestart{1}{2}' -f $Path, $reinstall, $properties
    if ($script:LogFolder) {
        $arguments = $arguments + (' /l*v "{0}"' -f (Join-Path -Path $script:LogFolder -ChildPath 'Install-Portico-msi.log'))
    }
    $action = 'Install {0} {1}{2}' -f $Product.Name, $msi.ProductVersion, $properties
    $code = Invoke-WindowsInstaller -Arguments $arguments -Target ([Environment]::MachineName) -Action $action -WaitMinutes $WaitMinutes
    $reason = Get-CodeName -Code $code
    if (@('Success', 'RebootRequired', 'RebootStarted') -notcontains $reason) {
        Exit-Script -Reason $reason -Message ('Windows Installer ended with {0}; its log is {1}' -f $code, $(if ($script:LogFolder) { $script:LogFolder + '\Install-Portico-msi.log' } else { 'missing: none could be written' }))
    }
    if (-not $WhatIfPreference) {
        if (@(Get-InstalledProduct).Count -eq 0) {
            Exit-Script -Reason 'Failed' -Message ('Windows Installer ended with {0}, but {1} is not there' -f $code, $Product.Name)
        }
        Write-Log -Message ('Installed: {0}' -f $reason)
        Write-Output ('{0} {1} is installed ({2}).' -f $Product.Name, $msi.ProductVersion, $reason)
    }
    exit $ExitCode[$reason]
}

try {
    $wish = Get-Wish
    $source = Get-Source
    $minutes = Get-Number -Name 'WaitMinutes' -Default 15 -Maximum 120
    $null = Get-Choice -Name 'StopRunning' -Allowed @('yes', 'no')
    if (-not (Test-Windows)) {
        $settings = @($wish.Keys | Sort-Object | ForEach-Object -Process { '{0}={1}' -f $_, $wish[$_] }) -join ' '
        if (-not $PSCmdlet.ShouldProcess('a Windows computer', ('Install {0} {1}' -f $Product.Name, $settings).Trim())) {
            exit $ExitCode.Success
        }
        Exit-Script -Reason 'WrongPlatform' -Message 'this is not Windows, and nothing was done; Portico has other packages for Linux and macOS'
    }
    if (-not [Environment]::Is64BitOperatingSystem) {
        Exit-Script -Reason 'WrongPlatform' -Message 'this Windows is a 32-bit one, and Portico needs a 64-bit one'
    }
    if (-not [Environment]::Is64BitProcess -and $PSCommandPath) {
        Invoke-In64Bit
    }
    if (-not (Test-Administrator) -and -not $WhatIfPreference) {
        Exit-Script -Reason 'AccessDenied' -Message 'run it as an administrator or as SYSTEM'
    }
    Initialize-Log
    if ($source.Url) {
        $path = Save-Msi -Url $source.Url -ToShow $source.UrlToShow
        if (-not $path) {
            $null = $PSCmdlet.ShouldProcess([Environment]::MachineName, ('Install the downloaded MSI when its SHA-256 is {0}' -f $source.Sha256))
            exit $ExitCode.Success
        }
    } else {
        $path = Find-Msi -Path $source.Path
    }
    # As long as it is open like this nobody can change or exchange the file between the look at it and its run.
    $held = [System.IO.File]::Open($path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, [System.IO.FileShare]::Read)
    try {
        Assert-Msi -Path $path -Source $source
        Install-Msi -Path $path -Wish $wish -WaitMinutes $minutes
    } finally {
        $held.Dispose()
        if ($source.Url -and $PSCmdlet.ShouldProcess($path, 'Remove the download')) {
            Remove-Item -LiteralPath $path -Force -ErrorAction SilentlyContinue
        }
    }
} catch {
    Exit-Script -Reason 'Failed' -Message ('{0} ({1})' -f $_.Exception.Message, ([string] $_.ScriptStackTrace -split "`r?`n")[0])
}
