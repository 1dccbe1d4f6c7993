# Where the scripts run: 32-bit hosts, prompts, hosted runspaces, restricted PowerShell, and the two editions.

BeforeDiscovery {
    $folder = Split-Path -Path $PSScriptRoot -Parent
    $scripts = @(Get-ChildItem -Path (Join-Path -Path $folder -ChildPath '*.ps1'), (Join-Path -Path $folder -ChildPath '../entra/*.ps1') | ForEach-Object { @{ name = $_.Name; path = $_.FullName } })
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Computer.ps1')
    $folder = Split-Path -Path $PSScriptRoot -Parent
    $shell = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    $detection = Join-Path -Path $folder -ChildPath 'Test-Portico.ps1'
}

Describe '32-bit PowerShell' {
    BeforeEach {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $World.Width = @{ System = 64; Process = 32 }
        $before = $env:SystemRoot
        $env:SystemRoot = $World.Folder.Windows
    }
    AfterEach { $env:SystemRoot = $before }

    It 'goes on in 64 bits with -Command, which AppLocker lets run what it allows, and keeps the code' {
        $ran = Invoke-Script -Name 'Uninstall-Portico.ps1' -With @{ Strict = $true; WaitMinutes = '"7"'; WhatIf = $true }
        $ran.Code | Should -Be 3010
        $World.Shell.Arguments -join ' ' | Should -Be '-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command & $env:PORTICO_SCRIPT -WhatIf; exit $LASTEXITCODE'
        $World.Shell.Environment.PORTICO_SCRIPT | Should -Be (Join-Path -Path $World.Root -ChildPath 'Uninstall-Portico.ps1')
        $World.Shell.Environment.PORTICO_STRICT | Should -Be 'True'
        $World.Shell.Environment.PORTICO_WAITMINUTES | Should -Be '7'
        $World.Runs | Should -HaveCount 0
    }

    It 'tells there what it does when it was to tell, and does not otherwise' {
        $null = Invoke-Script -Name 'Uninstall-Portico.ps1' -With @{ Verbose = $true }
        $World.Shell.Arguments[-1] | Should -Be '& $env:PORTICO_SCRIPT -Verbose; exit $LASTEXITCODE'
        $null = Invoke-Script -Name 'Uninstall-Portico.ps1'
        $World.Shell.Arguments[-1] | Should -Be '& $env:PORTICO_SCRIPT; exit $LASTEXITCODE'
    }

    It 'asks there when it was to ask' {
        $null = Invoke-Script -Name 'Remove-PorticoLeftovers.ps1' -With @{ Confirm = $true; Force = $true }
        $World.Shell.Arguments[-1] | Should -Be '& $env:PORTICO_SCRIPT -Confirm; exit $LASTEXITCODE'
        $World.Shell.Arguments | Should -Not -Contain '-NonInteractive'
    }

    It 'hands a stray word on, quoted, to be refused there' {
        $null = Invoke-Script -Name 'Uninstall-Portico.ps1' -Words "it's", '; calc'
        $World.Shell.Arguments[-1] | Should -Be "& `$env:PORTICO_SCRIPT 'it''s' '; calc'; exit `$LASTEXITCODE"
    }

    It 'takes a blank for nothing, as 64 bits do: the variable counts' {
        $env:PORTICO_PORTALURL = 'https://portal.example.com'
        $null = Invoke-Script -Name 'Install-Portico.ps1' -With @{ PortalUrl = '  '; InstallDir = 'null' }
        $World.Shell.Environment.PORTICO_PORTALURL | Should -Be 'https://portal.example.com'
        $World.Shell.Environment.Contains('PORTICO_INSTALLDIR') | Should -BeFalse
    }

    It 'finds a script and a package below System32 where 64 bits see them' {
        $World.Scripts = Join-Path -Path $World.Folder.Windows -ChildPath 'System32/config'
        $null = Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = (Join-Path -Path $World.Folder.Windows -ChildPath 'System32/config/portico.msi') }
        $World.Shell.Environment.PORTICO_SCRIPT | Should -Be (Join-Path -Path $World.Folder.Windows -ChildPath 'SysWOW64/config/Install-Portico.ps1')
        $World.Shell.Environment.PORTICO_MSIPATH | Should -Be (Join-Path -Path $World.Folder.Windows -ChildPath 'SysWOW64/config/portico.msi')
    }

    It 'does nothing with a script that is no file' {
        Add-Portico
        $copy = Copy-Script -Name 'Remove-PorticoLeftovers.ps1'
        $World.Key = { param($path, $view) return [FakeKey]::new($path, $view) }
        $text = [System.IO.File]::ReadAllText($copy) -replace '(?m)^    exit \$script:Code$', '    return $script:Code'
        $PSCommandPath = ''
        $all = @(& ([scriptblock]::Create($text)) -Force 2>&1)
        $all[-1] | Should -Be 50
        [string] $all[0] | Should -BeLike '*this is 32-bit PowerShell*'
        $World.Deleted | Should -HaveCount 0
        $World.Shell | Should -BeNullOrEmpty
    }
}

Describe 'A host' {
    AfterEach { [Environment]::SetEnvironmentVariable('PORTICO_MINIMUMVERSION', $null) }

    It 'that is a prompt stays open, and knows the code' {
        $typed = "Get-Content -Raw -LiteralPath '$detection' | Invoke-Expression`n'still here, ' + `$LASTEXITCODE`nexit 0`n"
        $env:PORTICO_MINIMUMVERSION = 'yes'
        $said = $typed | & $shell -NoLogo -NoProfile -NonInteractive 2>&1 | Out-String
        $said | Should -BeLike '*still here, 87*'
    }

    It 'that was started for one command ends with the code' {
        $env:PORTICO_MINIMUMVERSION = 'yes'
        $null = & $shell -NoLogo -NoProfile -NonInteractive -Command "Get-Content -Raw -LiteralPath '$detection' | Invoke-Expression; 'still here'" 2>&1
        $LASTEXITCODE | Should -Be 87
    }

    It 'that runs the text of Install-Portico.ps1, as irm | iex does, gets code and sentence, and keeps no download: <name>' -TestCases @(
        @{ name = 'done'; msiexec = 'Add-Portico; 0'; code = 0; words = 'is installed (Success)' }
        @{ name = 'failed'; msiexec = '1603'; code = 1603; words = 'Windows Installer ended with 1603' }
    ) {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $msi = New-Msi
        $null = Copy-Script -Name 'Install-Portico.ps1'
        $typed = @'
. 'COMPUTER'
New-World -Root 'ROOT'
$World.Key = { param($path, $view) return [FakeKey]::new($path, $view) }
$World.Msiexec = { ANSWER }
$World.Download = { param($path) Copy-Item -LiteralPath 'PACKAGE' -Destination $path }
$env:PORTICO_MSIURL, $env:PORTICO_SHA256 = 'https://files.example.com/portico.msi', 'HASH'
Get-Content -Raw -LiteralPath 'ROOT/Install-Portico.ps1' | Invoke-Expression
'@ -creplace 'COMPUTER', (Join-Path -Path $PSScriptRoot -ChildPath 'Computer.ps1') -creplace 'ROOT', $World.Root -creplace 'ANSWER', $msiexec -creplace 'PACKAGE', $msi -creplace 'HASH', (Get-FileHash -LiteralPath $msi).Hash
        $said = & $shell -NoLogo -NoProfile -NonInteractive -Command $typed 2>&1 | Out-String
        # Outside of Windows a process keeps only the last eight bits.
        $LASTEXITCODE | Should -Be $(if ([Environment]::OSVersion.Platform -eq 'Win32NT') { $code } else { $code % 256 }) -Because $said
        $said | Should -BeLike "*$words*"
        $said | Should -Not -BeLike '*PSCmdlet*'
        Get-ChildItem -LiteralPath (Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download') | Should -HaveCount 0
    }

    It 'that stops the script <name>' -TestCases @(
        @{ name = 'while it downloads finds nothing of it'; at = 'Download'; left = 0 }
        @{ name = 'while msiexec runs finds the package that that runs from'; at = 'Msiexec'; left = 1 }
    ) {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $msi = New-Msi
        $null = Copy-Script -Name 'Install-Portico.ps1'
        $reached = New-Object -TypeName System.Threading.ManualResetEventSlim
        $hosted = [powershell]::Create()
        try {
            $null = $hosted.AddScript({
                    param($computer, $root, $package, $hash, $at, $reached)
                    . $computer
                    New-World -Root $root
                    $World.Key = { param($path, $view) return [FakeKey]::new($path, $view) }
                    $World.Download = { param($path) Copy-Item -LiteralPath $package -Destination $path }
                    $World[$at] = { param($path) $reached.Set(); Wait-Event }
                    & (Join-Path -Path $root -ChildPath 'Install-Portico.ps1') -MsiUrl 'https://files.example.com/portico.msi' -Sha256 $hash
                }).AddParameters(@((Join-Path -Path $PSScriptRoot -ChildPath 'Computer.ps1'), $World.Root, $msi, (Get-FileHash -LiteralPath $msi).Hash, $at, $reached))
            $null = $hosted.BeginInvoke()
            $reached.Wait(60000) | Should -BeTrue
            $hosted.Stop() # as Ctrl+C does
            $hosted.InvocationStateInfo.State | Should -Be 'Stopped'
        } finally {
            $hosted.Dispose()
            $reached.Dispose()
        }
        $left = Get-ChildItem -LiteralPath (Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download')
        $left | Should -HaveCount $(if ($at -eq 'Msiexec') { 1 } else { 0 })
        # Nobody holds it any more.
        foreach ($one in @($left)) { [System.IO.File]::Open($one.FullName, 'Open', 'ReadWrite', 'None').Dispose() }
    }

    It 'that wants the first line alone knows the code' {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $World.Key = { param($path, $view) return [FakeKey]::new($path, $view) }
        $copy = Copy-Script -Name 'Uninstall-Portico.ps1'
        $global:LASTEXITCODE = 7
        & $copy -Strict:$false | Select-Object -First 1 | Should -Be 'Portico is not installed.'
        $LASTEXITCODE | Should -Be 0
    }

    It 'gets the reason in the stream of errors: in a file, a transcript, a runspace' {
        $file, $transcript = (Join-Path -Path $TestDrive -ChildPath 'all.txt'), (Join-Path -Path $TestDrive -ChildPath 'transcript.txt')
        $null = & $shell -NoLogo -NoProfile -NonInteractive -Command "`$null = Start-Transcript -Path '$transcript'; & '$detection' yes; & '$detection' yes *> '$file'; exit `$LASTEXITCODE" 2>&1
        $LASTEXITCODE | Should -Be 87
        $lines = @(Get-Content -LiteralPath $file | ForEach-Object { $_ -replace '\x1b\[[0-9;]*m' } | Where-Object { $_ })
        $lines | Should -HaveCount 1
        $lines[0] | Should -BeLike "Test-Portico.ps1: 'yes' belongs to no parameter*"
        Get-Content -LiteralPath $transcript -Raw | Should -BeLike "*'yes' belongs to no parameter*"
        $hosted = [powershell]::Create()
        $null = $hosted.AddCommand($detection).AddParameter('PortalUrl', 'http://portal.example.com').Invoke()
        [string] $hosted.Streams.Error[0] | Should -BeLike '*-PortalUrl is*'
        $hosted.Dispose()
    }

    It 'refuses by itself, with 1, what it does not accept: the table has the row' {
        $null = & $shell -NoLogo -NoProfile -NonInteractive -File $detection -PortalUrl 2>&1
        $LASTEXITCODE | Should -Be 1
        $null = & $shell -NoLogo -NoProfile -NonInteractive -File (Join-Path -Path $folder -ChildPath 'Install-Portico.ps1') -W 2>&1
        $LASTEXITCODE | Should -Be 1
        $codes = (Get-Content -LiteralPath (Join-Path -Path $folder -ChildPath 'exit-codes.json') -Raw | ConvertFrom-Json).codes
        foreach ($name in 'Install-Portico.ps1', 'Uninstall-Portico.ps1', 'Test-Portico.ps1', 'Remove-PorticoLeftovers.ps1', 'register-app.ps1') { @($codes | Where-Object { $_.code -eq 1 -and $_.scripts -contains $name }) | Should -HaveCount 1 }
    }

    It 'that restricts PowerShell is told how an allowed script is started' {
        $state = [System.Management.Automation.Runspaces.InitialSessionState]::CreateDefault()
        $state.LanguageMode = 'ConstrainedLanguage'
        $runspace = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($state)
        $runspace.Open()
        $hosted = [powershell]::Create()
        $hosted.Runspace = $runspace
        $null = $hosted.AddScript("& '$detection'; `$LASTEXITCODE").Invoke()
        [string] $hosted.Streams.Error[0] | Should -BeLike '*constrained language mode*-Command "& ...; exit $LASTEXITCODE"*'
        $hosted.Dispose()
        $runspace.Dispose()
    }

    It 'of the Desktop edition looks for its modules in its own folder first' {
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($detection, [ref] $null, [ref] $null)
        $one = $tree.Find({ param($node) $node -is [System.Management.Automation.Language.IfStatementAst] -and $node.Clauses[0].Item1.Extent.Text -eq "`$PSVersionTable.PSEdition -eq 'Desktop'" }, $false)
        $before = $env:PSModulePath
        try {
            & ([scriptblock]::Create($one.Clauses[0].Item2.Extent.Text.Trim('{', '}')))
            $env:PSModulePath | Should -Be ($PSHOME + '\Modules;' + $before)
        } finally {
            $env:PSModulePath = $before
        }
    }
}

Describe 'PowerShell itself' {
    It 'reads <name> without an error, and with nothing that 5.1 lacks' -ForEach $scripts {
        $errors = $tokens = $null
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref] $tokens, [ref] $errors)
        $errors | Should -HaveCount 0
        $newer = $tree.FindAll({ param($node) @('TernaryExpressionAst', 'PipelineChainAst') -contains $node.GetType().Name }, $true)
        $newer | Should -HaveCount 0
        @($tokens | Where-Object { @('QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr') -contains $_.Kind }) | Should -HaveCount 0
    }

    It 'knows every command of <name>' -ForEach $scripts {
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref] $null, [ref] $null)
        $own = @($tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true) | ForEach-Object { $_.Name })
        $windows = @('Get-Acl', 'Set-Acl', 'Get-AuthenticodeSignature', 'az')
        $called = @($tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.CommandAst] }, $true) | ForEach-Object { $_.GetCommandName() } | Where-Object { $_ } | Sort-Object -Unique)
        $called | Where-Object { $own + $windows -notcontains $_ -and -not (Get-Command -Name $_ -ErrorAction SilentlyContinue) } | Should -BeNullOrEmpty
    }

    It 'shows the help of <name>' -ForEach $scripts {
        $help = Get-Help -Name $path -Full | Out-String
        $help | Should -Match 'SYNOPSIS\s+\S+ \S+'
    }
}
