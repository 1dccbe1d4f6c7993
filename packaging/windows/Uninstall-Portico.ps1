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
    5 AccessDenied: It does not run as an administrator or SYSTEM.
    50 WrongPlatform: This is not Windows, or a 32-bit one.
    87 InvalidParameter: A parameter or variable has a value that cannot be used; the message names it.
    1460 Timeout: Windows Installer has not finished in time. It was not ended and may still finish.
    1603 Failed: Windows Installer or the script failed. A code of msiexec that is not in this table becomes this one; the
        message and the log have its own number.
    1605 NotInstalled: Portico is not installed (only with -Strict; without it this is 0).
    1618 InstallerBusy: Another installation is running and did not end in time.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language
        mode.
    1641 RebootStarted: Done; Windows Installer has started a restart.
    3010 RebootRequired: Done; some files are replaced or removed at the next restart.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true, PositionalBinding = $false)]
param(
    [switch] $Strict,
    [string] $WaitMinutes = ''
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What it may end with: exit-codes.json says what each means.
$ExitCode = @{
    Success           = 0
    AccessDenied      = 5
    WrongPlatform     = 50
    InvalidParameter  = 87
    Timeout           = 1460
    Failed            = 1603
    NotInstalled      = 1605
    InstallerBusy     = 1618
    ForbiddenByPolicy = 1625
    RebootStarted     = 1641
    RebootRequired    = 3010
}
# Before anything that this mode does not allow, such as calling methods.
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control.'
    exit $ExitCode.ForbiddenByPolicy
}

$ScriptName = 'Uninstall-Portico.ps1'
# As in product.json.
$Product = @{
    Name         = 'Portico'
    Manufacturer = 'Portico contributors'
    UpgradeCode  = '{48346913-819A-4C89-B928-1861AD61583D}'
}
$ProgramName = @('portico', 'portico-agent', 'porticoctl')
$UninstallPath = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$UpgradeCodePath = @('SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes', 'SOFTWARE\Classes\Installer\UpgradeCodes')
# How long one run of msiexec may take.
$InstallerMinutes = 30
# What msiexec says where there is nothing to remove: no product, or only a trace of one in the registry.
$NothingThere = 1605

# The variables that stand in for a parameter, the first one that is set.
$Variable = @{
    Strict      = @('PORTICO_STRICT')
    WaitMinutes = @('PORTICO_WAITMINUTES')
}
$Given = @{
    Strict      = $(if ($Strict) { 'yes' } elseif ($PSBoundParameters.ContainsKey('Strict')) { 'no' } else { '' })
    WaitMinutes = $WaitMinutes
}
$FlagWord = @{ '1' = 'yes'; 'true' = 'yes'; 'yes' = 'yes'; 'on' = 'yes'; '0' = 'no'; 'false' = 'no'; 'no' = 'no'; 'off' = 'no' }

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

function Uninstall-Product {
    # Removes one product and returns msiexec's code.
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType([int])]
    param(
        [Parameter(Mandatory = $true)] [PSObject] $Installed,
        [Parameter(Mandatory = $true)] [int] $WaitMinutes
    )
    Stop-Portico -Folder $Installed.Folder
    $arguments = '/x {0} /qn /norestart' -f $Installed.ProductCode
    if ($script:LogFolder) {
        $arguments = $arguments + (' /l*v "{0}"' -f (Join-Path -Path $script:LogFolder -ChildPath 'Uninstall-Portico-msi.log'))
    }
    $action = ('Remove {0} {1}' -f $Product.Name, $Installed.Version).Trim()
    return Invoke-WindowsInstaller -Arguments $arguments -Target ([Environment]::MachineName) -Action $action -WaitMinutes $WaitMinutes
}

try {
    $minutes = Get-Number -Name 'WaitMinutes' -Default 15 -Maximum 120
    $strictly = (Get-Choice -Name 'Strict' -Allowed @('yes', 'no')) -eq 'yes'
    if (-not (Test-Windows)) {
        if (-not $PSCmdlet.ShouldProcess('a Windows computer', 'Remove ' + $Product.Name)) {
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
    $removed = 0
    $result = 'Success'
    foreach ($installed in @(Get-InstalledProduct)) {
        $code = Uninstall-Product -Installed $installed -WaitMinutes $minutes
        if ($code -eq $NothingThere) {
            Write-Log -Message ('{0} is only a trace in the registry; Remove-PorticoLeftovers.ps1 -Force removes it' -f $installed.ProductCode)
            continue
        }
        $reason = Get-CodeName -Code $code
        if (@('Success', 'RebootRequired', 'RebootStarted') -notcontains $reason) {
            Exit-Script -Reason $reason -Message ('Windows Installer ended with {0}; its log is {1}' -f $code, $(if ($script:LogFolder) { $script:LogFolder + '\Uninstall-Portico-msi.log' } else { 'missing: none could be written' }))
        }
        if ($reason -ne 'Success') {
            $result = $reason
        }
        $removed++
    }
    if ($removed -eq 0) {
        if ($strictly) {
            Exit-Script -Reason 'NotInstalled' -Message ('{0} is not installed' -f $Product.Name)
        }
        Write-Log -Message 'Nothing is to be done'
        Write-Output ('{0} is not installed.' -f $Product.Name)
        exit $ExitCode.Success
    }
    if (-not $WhatIfPreference) {
        Write-Log -Message ('Removed: {0}' -f $result)
        Write-Output ('{0} is removed ({1}).' -f $Product.Name, $result)
    }
    exit $ExitCode[$result]
} catch {
    Exit-Script -Reason 'Failed' -Message ('{0} ({1})' -f $_.Exception.Message, ([string] $_.ScriptStackTrace -split "`r?`n")[0])
}
