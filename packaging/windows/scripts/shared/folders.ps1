# Folders and logs that nobody else can write to.

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
            if ([System.IO.Directory]::Exists($stem + '.log')) {
                throw ('{0}.log is a folder; remove it' -f $stem)
            }
            if ((Test-Path -LiteralPath ($stem + '.log')) -and (Get-Item -LiteralPath ($stem + '.log')).Length -gt 1mb) {
                Move-Item -LiteralPath ($stem + '.log') -Destination ($stem + '.log.old') -Force
            }
            $script:LogFile = $stem + '.log'
            Write-Log -Message ('{0} begins in process {1}, PowerShell {2}' -f $ScriptName, $PID, $PSVersionTable.PSVersion)
            # msiexec does nothing where it cannot write its log.
            if (Test-Path -LiteralPath ($stem + '-msi.log')) {
                [System.IO.File]::OpenWrite($stem + '-msi.log').Dispose()
            }
            $script:MsiLog = $stem + '-msi.log'
        }
    } catch {
        Write-Reason -Message ('{0} can be written: {1}' -f $(if ($script:LogFile) { 'no log of msiexec' } else { 'no log' }), (Get-Sentence -Failure $_))
    }
}

function Get-MsiLog {
    # Where msiexec's own log is, in words.
    [CmdletBinding()] param()
    if ($script:MsiLog) {
        return 'its log is ' + $script:MsiLog
    }
    return 'it has no log, since none could be written'
}
