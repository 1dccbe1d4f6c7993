# The computer that the scripts run on, and their start.

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
