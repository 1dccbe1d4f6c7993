# What is given to the scripts, and what they say.

BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'Computer.ps1') }

Describe 'What is given' {
    BeforeEach {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $msi = New-Msi
        $World.Msiexec = { Add-Portico; 0 }
    }

    It 'refuses a word that belongs to no parameter: <script> <words>' -TestCases @(
        @{ script = 'Install-Portico.ps1'; words = @('yes') }
        @{ script = 'Install-Portico.ps1'; words = @('-Nothing', 'x') }
        @{ script = 'Uninstall-Portico.ps1'; words = @('yes') }
        @{ script = 'Remove-PorticoLeftovers.ps1'; words = @('yes') }
        @{ script = 'Test-Portico.ps1'; words = @('0.1.0') }
        @{ script = 'Test-Portico.ps1'; words = @('-WhatIf') }
    ) {
        Add-Portico
        $ran = Invoke-Script -Name $script -Words $words
        $ran.Code | Should -Be 87
        $ran.Error | Should -BeLike ("*'{0}' belongs to no parameter*" -f $words[0])
        $World.Runs | Should -HaveCount 0
        $World.Deleted | Should -HaveCount 0
        $ran.Output | Should -Be ''
    }

    It 'takes no switch with a word: -StopRunning yes changes nothing' {
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ StopRunning = $true; AllowUnsigned = $true; MsiPath = $msi } -Words 'yes'
        $ran.Code | Should -Be 87
        $World.Runs | Should -HaveCount 0
        $ran.Log | Should -Match 'InvalidParameter \(87\)'
    }

    It 'tells no password of a stray address' {
        $ran = Invoke-Script -Name 'Uninstall-Portico.ps1' -Words 'https://ada:correct-horse@it.example.org'
        $ran.Code | Should -Be 87
        $ran.Error + $ran.Log | Should -Not -BeLike '*correct-horse*'
    }

    It 'tells no password of an address that came as <name> of <script>: <value>' -TestCases @(foreach ($value in 'https://ada:correct-horse@it.example.org', 'ada:correct/ horse@it.example.org', 'https://it.example.org/portico.msi?key=correct-horse') {
            foreach ($name in 'Autostart', 'DesktopShortcut', 'StartMenu', 'InstallDir', 'WaitMinutes', 'MsiPath', 'Sha256', 'SignerThumbprint', 'AllowUnsigned', 'MsiUrl') { @{ script = 'Install-Portico.ps1'; name = $name; value = $value } }
            @{ script = 'Test-Portico.ps1'; name = 'MinimumVersion'; value = $value }
            @{ script = 'Remove-PorticoLeftovers.ps1'; name = 'Force'; value = $value }
        }) {
        [Environment]::SetEnvironmentVariable('PORTICO_' + $name.ToUpperInvariant(), $value)
        $ran = Invoke-Script -Name $script
        $ran.Code | Should -Not -Be 0
        $ran.Error | Should -Not -BeLike '*correct*'
        $ran.Error | Should -BeLike $(if ($name -eq 'MsiPath') { '*there is no file*' } else { "*-$name *" })
        $ran.Log | Should -Not -BeLike '*correct*'
    }

    It 'tells no password of the portal that an earlier package took' {
        Add-Portico -Portal 'https://ada:correct-horse@it.example.org'
        $ran = Invoke-Script -Name 'Test-Portico.ps1' -With @{ PortalUrl = 'https://portal.example.com' }
        $ran.Code | Should -Be 1
        $ran.Error | Should -BeLike "*its portal is '***@it.example.org' and not https://portal.example.com*"
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi; PortalUrl = 'https://portal.example.com' }
        $ran.Code | Should -Be 0
        $ran.Log | Should -BeLike "*PORTALURL is '***@it.example.org' and shall be*"
        $ran.Log | Should -Not -BeLike '*correct*'
    }

    It 'passes over an empty word, which a tool leaves for an empty variable' {
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi } -Words '', ' ').Code | Should -Be 0
    }

    It 'takes one pair of quotes off <name>: <value>' -TestCases @(
        @{ name = 'PortalUrl'; value = '"https://portal.example.com"'; want = 'PORTALURL="https://portal.example.com"' }
        @{ name = 'PortalUrl'; value = " 'https://portal.example.com' "; want = 'PORTALURL="https://portal.example.com"' }
        @{ name = 'DesktopShortcut'; value = '"yes"'; want = 'DESKTOPSHORTCUT="1"' }
        @{ name = 'Autostart'; value = "'never'"; want = 'AUTOSTART="never"' }
        @{ name = 'InstallDir'; value = '"D:\Apps\Portico"'; want = 'INSTALLDIR="D:\Apps\Portico"' }
        @{ name = 'WaitMinutes'; value = '"3"'; want = '/i ' }
        @{ name = 'PortalUrl'; value = '\"https://portal.example.com\"'; want = 'PORTALURL="https://portal.example.com"' }
        @{ name = 'PortalUrl'; value = ('{0}https://portal.example.com{1}' -f [char] 0x201c, [char] 0x201d); want = 'PORTALURL="https://portal.example.com"' }
        @{ name = 'InstallDir'; value = ('{0}D:\Apps\Portico{1}' -f [char] 0x201e, [char] 0x201c); want = 'INSTALLDIR="D:\Apps\Portico"' }
        @{ name = 'StartMenu'; value = ('{0}no{1}' -f [char] 0x2018, [char] 0x2019); want = 'STARTMENU="0"' }
        @{ name = 'Autostart'; value = ('{0}never{1}' -f [char] 0xab, [char] 0xbb); want = 'AUTOSTART="never"' }
        @{ name = 'WaitMinutes'; value = ('{0}3{0}' -f [char] 0x201d); want = '/i ' }
    ) {
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = ('"{0}"' -f $msi); $name = $value }
        $ran.Code | Should -Be 0 -Because $ran.Error
        $World.Runs[0] | Should -BeLike "*$want*"
        [Environment]::SetEnvironmentVariable('PORTICO_' + $name.ToUpperInvariant(), $value)
        Remove-Portico
        $null = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi }
        $World.Runs[1] | Should -BeLike "*$want*"
    }

    It 'takes quotes off a switch variable and a hash' {
        $env:PORTICO_ALLOWUNSIGNED = '"true"'
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi }).Code | Should -Be 0
        $hash = (Get-FileHash -LiteralPath $msi).Hash
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi; Sha256 = "'$hash'" }).Code | Should -Be 0
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi; Sha256 = ($hash -replace '..', '$0 ') }).Code | Should -Be 0
    }

    It 'takes a path and a signer with characters that nobody sees' {
        $World.Signature = 'Valid'
        $World.Signer = New-Signer
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = [char] 0x202a + $msi; SignerSubject = [char] 0x200e + 'Contoso IT' }
        $ran.Code | Should -Be 0 -Because $ran.Error
    }

    It 'names the character U+<number> in <name>, which nobody sees' -TestCases @(
        @{ name = 'PortalUrl'; value = 'https://{0}portal.example.com'; number = '200E' }
        @{ name = 'SignerThumbprint'; value = 'a{0}'; number = 'FE0F' }
        @{ name = 'Autostart'; value = '{0}always'; number = '00AD' }
    ) {
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi; $name = $value -f [char] [Convert]::ToInt32($number, 16) }
        $ran.Code | Should -Be 87
        $ran.Error | Should -BeLike "*-$name is*(U+$number)*"
        $ran.Log | Should -BeLike "*(U+$number)*"
    }

    It 'leaves quotes that do not match' {
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi; PortalUrl = '"https://portal.example.com' }).Code | Should -Be 87
    }

    It 'counts <first> in the first of several sources as nothing' -TestCases @(@{ first = '   ' }, @{ first = 'null' }, @{ first = '"null"' }, @{ first = '""' }) {
        $env:PORTICO_PORTALURL = $first
        $env:PORTALURL = 'https://second.example.com'
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi; PortalUrl = $first }
        $ran.Code | Should -Be 0 -Because $ran.Error
        $World.Runs[0] | Should -BeLike '*PORTALURL="https://second.example.com"*'
    }

    It 'lets a switch that is turned off count before its variable' {
        $env:PORTICO_ALLOWUNSIGNED = 'yes'
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi; AllowUnsigned = $false }).Code | Should -Be 577
    }

    It 'refuses the folder <folder>' -TestCases @(
        'C:\Apps;C:\Other', 'C:\Apps\..\Windows', 'C:\Apps\.\Portico', 'C:\Apps\NUL', 'C:\Apps\com1.txt\Portico', "C:\Apps`nPortico", 'C:\Apps\Portico.', 'C:\Apps \Portico',
        'C:\%TEMP%\Portico', 'Portico', 'C:\', 'C:\Windows', 'c:\windows\Portico', 'C:\Program Files', 'C:\Users', '\\server\share\Portico', 'C:\Apps\\Portico',
        'C:\PROGRA~1', 'C:\WINDOW~1\Portico', 'C:\Program Files (x86)\Common Files', 'C:\Apps\CLOCK$', 'C:\$Recycle.Bin', 'C:\System Volume Information\Portico', 'c:\users\public', "C:\Apps\$([char] 0x202e)Portico",
        'C:\Users\Default\Portico', 'C:\Users\All Users\Portico', 'C:\Documents and Settings\Portico', 'C:\Config.Msi', 'C:\Recovery\Portico', 'C:\Boot', 'C:\EFI\Portico', 'C:\$WinREAgent\Portico', 'C:\Program Files\WindowsApps\Portico',
        ('C:\' + 'a' * 198), "C:\Apps\$([char] 0xa0)Portico", "C:\Apps\Portico$([char] 0x3164)", "C:\Apps\Portico$([char] 0x2028)x" | ForEach-Object { @{ folder = $_ } }
    ) {
        $World.Folder.Windows = 'C:\Windows'
        $World.Folder.ProgramFiles = 'C:\Program Files'
        $World.Folder.CommonProgramFilesX86 = 'C:\Program Files (x86)\Common Files'
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi; InstallDir = $folder }
        $ran.Code | Should -Be 87
        $World.Runs | Should -HaveCount 0
    }

    It 'takes the folder <folder>' -TestCases @('C:\Program Files\Portico', 'D:\Apps\Con fusion\Portico', 'D:\Apps\a~b\$Portico', 'C:\Users Public\Portico', 'C:\WindowsApps\Portico\' | ForEach-Object { @{ folder = $_ } }) {
        $World.Folder.Windows = 'C:\Windows'
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi; InstallDir = $folder }
        $ran.Code | Should -Be 0 -Because $ran.Error
        $World.Runs[0] | Should -BeLike ('*INSTALLDIR="{0}"*' -f $folder.TrimEnd('\'))
    }
}

Describe 'What is said' {
    BeforeEach {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $msi = New-Msi
        $World.Msiexec = { Add-Portico; 0 }
    }

    It 'is one line in the stream of errors, and shown as one' {
        $ran = Invoke-Script -Name 'Test-Portico.ps1'
        $ran.Code | Should -Be 1
        $ran.Errors | Should -HaveCount 1
        $ran.Error | Should -Be 'Test-Portico.ps1: Portico is not installed (exit code 1, NotDetected)'
        $ran.Errors[0].FullyQualifiedErrorId | Should -Be 'NativeCommandErrorMessage'
        ($ran.Errors[0] | Out-String) -replace '\x1b\[[0-9;]*m' | ForEach-Object { $_.Trim() } | Should -Be $ran.Error
    }

    It 'comes as an error where errors are to stop the caller, too' {
        $ErrorActionPreference = 'Stop'
        (Invoke-Script -Name 'Test-Portico.ps1').Code | Should -Be 1
    }

    It 'has a wrong parameter in the log' {
        (Invoke-Script -Name 'Uninstall-Portico.ps1' -With @{ WaitMinutes = 'long' }).Log | Should -Match "InvalidParameter \(87\): -WaitMinutes is 'long'"
    }

    It 'is the innermost sentence of an unexpected error, without its place' {
        $inner = New-Object -TypeName System.Exception -ArgumentList 'the certificate has expired'
        $World.Waits = @({ throw (New-Object -TypeName System.AggregateException -ArgumentList 'One or more errors occurred.', $inner) })
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi }
        $ran.Code | Should -Be 1603
        $ran.Error | Should -Be 'Install-Portico.ps1: the certificate has expired (exit code 1603, Failed)'
        $ran.Log | Should -Match 'certificate has expired \(at '
    }

    It 'makes 1603 of the number <code> of msiexec, which means something else in the table' -TestCases @(2, 5, 50, 59, 87, 577, 1460, 1605, 1619, 1639 | ForEach-Object { @{ code = $_ } }) {
        $World.Msiexec = { $code }.GetNewClosure()
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi }
        $ran.Code | Should -Be 1603
        $ran.Error | Should -BeLike "*ended with $code;*"
    }

    It 'hands on the number <code> of msiexec' -TestCases @(1620, 1625 | ForEach-Object { @{ code = $_ } }) {
        $World.Msiexec = { $code }.GetNewClosure()
        (Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi }).Code | Should -Be $code
    }

    It 'tells of another build of this version, which is no newer one' {
        $World.Msiexec = { 1638 }
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi }
        $ran.Code | Should -Be 1603
        $ran.Error | Should -BeLike '*another build of 1.0.0*'
    }

    It 'waits in memory while the log is locked, and gets there' {
        $log = Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Logs/Install-Portico.log'
        New-File -Path $log -Text "before`n"
        $World.Lock = [System.IO.File]::Open($log, 'Open', 'Read', 'None')
        $World.Msiexec = { $World.Lock.Dispose(); Add-Portico; 0 }
        $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $msi }
        $ran.Code | Should -Be 0
        $ran.Log | Should -Match '(?s)before.*begins in process.*msiexec.exe /i.*msiexec.exe ended with 0.*Ends with 0'
    }

    It 'counts one leftover as one' {
        New-Shortcut -Target (Join-Path -Path $World.Folder.ProgramFiles -ChildPath 'Portico/portico.exe')
        (Invoke-Script -Name 'Remove-PorticoLeftovers.ps1').Output | Should -Be '1 leftover of Portico removed.'
    }
}
