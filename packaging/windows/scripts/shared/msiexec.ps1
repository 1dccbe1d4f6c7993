# Windows Installer at work, and the programs that it replaces.

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
        $script:Unfinished = $true # also where this is broken off
        $result = Start-Msiexec -Arguments $arguments -Minutes $runMinutes -Confirm:$false
        $script:Unfinished = $null -eq $result
        if ($script:Unfinished) {
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

function Get-Maker {
    # Who made a program, by its version resource; '' where it has none.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path)
    return [string] [System.Diagnostics.FileVersionInfo]::GetVersionInfo($Path).CompanyName
}

function Stop-Portico {
    # Ends Portico's programs in every session: files in use would wait for a restart. Only those in its own folder, so that no
    # other program of that name ends, and no other maker's; one without a maker only where a record names the folder.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Folder)
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
            # Until it has ended its file is in use.
            Wait-Process -Id $process.Id -Timeout 10 -ErrorAction SilentlyContinue
            Write-Log -Message ('Ended {0}, process {1}' -f $path, $process.Id)
        }
    }
}
