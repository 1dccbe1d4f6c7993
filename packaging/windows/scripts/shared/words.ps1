# What the scripts say, and how they end.

function Write-Log {
    # A line for -Verbose and, once there is one, the log file.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Message)
    $Message = $Message -replace $Secret, '***'
    Write-Verbose -Message $Message
    if ($script:LogFile) {
        $script:Waiting += '{0} {1}{2}' -f [DateTime]::UtcNow.ToString('o'), $Message, [Environment]::NewLine
        try {
            # This encoding takes half a character for another one, the usual one fails.
            [System.IO.File]::AppendAllText($script:LogFile, (-join $script:Waiting), (New-Object -TypeName System.Text.UTF8Encoding))
            $script:Waiting = @()
        } catch {
            Write-Verbose -Message 'The log is in use or the disk is full: these lines wait for the next one, and nothing is decided by it.'
        }
    }
}

function Write-Reason {
    # One line in the stream of errors, without place and category: PowerShell shows what is named like this as a program's own words.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Message)
    $text = New-Object -TypeName System.Exception -ArgumentList ('{0}: {1}' -f $ScriptName, ($Message -replace $Secret, '***' -replace '\s*[\r\n]+\s*', ' '))
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $text, 'NativeCommandErrorMessage', 'NotSpecified', $null
    & { Write-Error -ErrorRecord $record -ErrorAction Continue }
}

function Exit-Script {
    # Ends the script: what went wrong as an error, what went well as output, the code for machines.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Reason, [string] $Message = '')
    $script:Code = $ExitCode[$Reason]
    # What nobody sees comes along when people copy.
    $Message = [regex]::Replace($Message, '[\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0]', { param($found) '(U+{0:X4})' -f [int] [char] $found.Value })
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
    # The last chance of lines that the log could not take.
    for ($try = 1; $script:LogFile -and $script:Waiting.Count -gt 0 -and $try -le 5; $try++) {
        Start-Sleep -Seconds 1
        Write-Log -Message ('The log was in use ({0})' -f $try)
    }
    if ($script:LogFile -and $script:Waiting.Count -gt 0) {
        Write-Reason -Message ('{0} is in use, and lacks the last lines' -f $script:LogFile)
    }
    # Who wants the first line alone stops the script here.
    $global:LASTEXITCODE = $script:Code
    if ($script:Said) {
        Write-Output $script:Said
    }
    # Pasted or piped into a prompt, exit would close it.
    $words = @([Environment]::GetCommandLineArgs() -match '^[-/](c|co|com.*|f|fi.*|e|ec|en.*)$')
    if (-not $PSCommandPath -and ($words.Count -eq 0 -or @([Environment]::GetCommandLineArgs() -match '^[-/]noe').Count -gt 0)) {
        return
    }
    exit $script:Code
}

function Get-Sentence {
    # What went wrong in the words of whoever saw it first: the outer ones say "see inner exception".
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [object] $Failure)
    return $Failure.Exception.GetBaseException().Message
}
