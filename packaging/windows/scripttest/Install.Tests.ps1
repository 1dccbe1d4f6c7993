# Install-Portico.ps1: what it decides, and what it leaves.

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Computer.ps1')
    function Install { param([hashtable] $With = @{}) Invoke-Script -Name 'Install-Portico.ps1' -With (@{ AllowUnsigned = $true; MsiPath = $msi } + $With) }
    function Test { param([hashtable] $With = @{}) Invoke-Script -Name 'Test-Portico.ps1' -With $With }
}

Describe 'Install-Portico.ps1' {
    BeforeEach {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $msi = New-Msi
        $World.Msiexec = { Add-Portico; 0 }
    }

    Context 'What is there already' {
        It 'is left where it is whole, and has the wished settings' {
            Add-Portico -Portal 'https://portal.example.com'
            $ran = Install -With @{ PortalUrl = 'https://portal.example.com/' }
            $ran.Code | Should -Be 0
            $ran.Output | Should -BeLike '*is installed already*'
            $World.Runs | Should -HaveCount 0
        }

        It 'is repaired without <part>, and detection and installation agree about it' -TestCases @('portico.exe', 'portico-agent.exe', 'porticoctl.exe', 'Entry' | ForEach-Object { @{ part = $_ } }) {
            Add-Portico -Without $part
            (Test).Code | Should -Be 1
            $ran = Install
            $ran.Code | Should -Be 0 -Because $ran.Error
            $World.Runs | Should -HaveCount 1
            $World.Runs[0] | Should -BeLike '*REINSTALL=ALL REINSTALLMODE=vamus*'
            (Test).Code | Should -Be 0
        }

        It 'is repaired where a program is empty, and detection says so too' {
            Add-Portico
            New-File -Path (Join-Path -Path $World.Folder.ProgramFiles -ChildPath 'Portico/porticoctl.exe') -Text ''
            (Test).Error | Should -BeLike '*porticoctl.exe is empty*'
            (Install).Code | Should -Be 0
            $World.Runs[0] | Should -BeLike '*REINSTALL=ALL*'
        }

        It 'is seen though another maker lets nobody read its own entry' {
            Add-Portico
            $World.Unreadable = "$Software\Uninstall\{AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA}"
            Set-Key -Path $World.Unreadable
            (Test).Code | Should -Be 0
            $ran = Install
            $ran.Output | Should -BeLike '*is installed already*' -Because $ran.Error
            $ran.Log | Should -BeLike '*Uninstall\{AAAAAAAA-*cannot be read*'
        }

        It 'cannot be told where Windows Installer lets nobody read its record, and the key is named' {
            Add-Portico
            $World.Unreadable = "$Software\Installer\UpgradeCodes\$PackedUpgradeCode"
            foreach ($ran in (Test), (Install)) {
                $ran.Code | Should -Be 1603
                $ran.Error | Should -BeLike "*HKLM\$($World.Unreadable) cannot be read*"
            }
        }

        It 'has the wished settings afterwards, or msiexec has failed with <ending>: <name>' -TestCases @(
            @{ name = 'a new one'; there = $false; ending = 0; wish = @{ PortalUrl = 'https://portal.example.com' }; says = 'PORTALURL is not' }
            @{ name = 'the same version'; there = $true; ending = 0; wish = @{ PortalUrl = 'none'; StartMenu = 'no' }; says = 'PORTALURL, STARTMENU is not' }
            @{ name = 'before a restart'; there = $true; ending = 3010; wish = @{ Autostart = 'never' }; says = 'AUTOSTART is not' }
        ) {
            if ($there) { Add-Portico -Portal 'https://old.example.com' }
            $World.Msiexec = { if (-not $there) { Add-Portico }; $ending }
            $World.Deaf = $true
            $ran = Install -With $wish
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike "*ended with $ending, but $says what it shall be*"
            $World.Deaf = $false
            (Install -With $wish).Code | Should -Be $ending
        }

        It 'is installed anew where only a trace of it is there' {
            Add-Portico -Without 'Entry', 'Products'
            (Install).Code | Should -Be 0
            $World.Runs[0] | Should -Not -BeLike '*REINSTALL*'
        }

        It 'is not done when <name> afterwards, though msiexec ended with 0' -TestCases @(
            @{ name = 'nothing is there'; left = { 0 } }
            @{ name = 'only a trace is there'; left = { Add-Portico -Without 'Entry', 'Products'; 0 } }
            @{ name = 'the entry is missing'; left = { Add-Portico -Without 'Entry'; 0 } }
            @{ name = 'a program is missing'; left = { Add-Portico -Without 'portico.exe'; 0 } }
            @{ name = 'its record has an older version'; left = { Add-Portico -Version '0.9.0'; 0 } }
            @{ name = 'another version is there'; left = { Add-Portico -Version '0.9.0' -Code '{22222222-2222-2222-2222-222222222222}'; 0 } }
        ) {
            $World.Msiexec = $left
            $ran = Install
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike '*ended with 0, but*'
            $ran.Output | Should -Be ''
        }

        It 'stays in its folder when it is repaired, whatever folder was given; an upgrade goes where it was told' {
            Add-Portico -Without 'portico.exe'
            (Install -With @{ InstallDir = 'D:\Apps\Portico' }).Code | Should -Be 0
            $World.Runs[0] | Should -BeLike '*REINSTALL=ALL*'
            $World.Runs[0] | Should -Not -BeLike '*INSTALLDIR*'
            Remove-Portico
            Add-Portico -Version '0.9.0' -Code '{22222222-2222-2222-2222-222222222222}'
            $null = Install -With @{ InstallDir = 'D:\Apps\Portico' }
            $World.Runs[1] | Should -BeLike '*INSTALLDIR="D:\Apps\Portico"*'
        }

        It 'is looked for where the package remembers, when its entry names no folder' {
            Add-Portico
            foreach ($key in "$Software\Uninstall\{11111111-1111-1111-1111-111111111111}", ("$Software\Installer\UserData\S-1-5-18\Products\{0}\InstallProperties" -f (Pack -Guid '{11111111-1111-1111-1111-111111111111}'))) { (Get-Key -Path $key)['InstallLocation'] = '' }
            (Test).Code | Should -Be 0
            (Get-Key -Path 'SOFTWARE\Portico')['InstallDir'] = $World.Root
            (Test).Error | Should -BeLike ("*there is no portico.exe in '{0}'*" -f $World.Root)
        }

        It 'may have its entry in the 32-bit part of the registry' {
            Add-Portico -Without 'Entry'
            Set-Key -Path "$Software\Uninstall\{11111111-1111-1111-1111-111111111111}" -View 'Registry32' -Value @{ DisplayName = 'Portico'; Publisher = 'Portico contributors'; DisplayVersion = '1.0.0'; InstallLocation = (Join-Path -Path $World.Folder.ProgramFiles -ChildPath 'Portico') }
            (Test).Code | Should -Be 0
            (Install).Output | Should -BeLike '*is installed already*'
        }

        It 'is found by name where its upgrade codes and its entry are lost, and repaired' {
            Add-Portico -Without 'Entry', 'UpgradeCodes'
            (Test).Error | Should -BeLike '*has no entry in Apps & Features*'
            $World.Msiexec = { Add-Portico; 0 }
            (Install).Code | Should -Be 0
            $World.Runs[0] | Should -BeLike '*REINSTALL=ALL*'
        }

        It 'is repaired where its record has an older version' {
            Add-Portico -Version '0.9.0'
            (Install).Code | Should -Be 0
            $World.Runs[0] | Should -BeLike '*REINSTALL=ALL*'
        }

        It 'has its entry before the restart that msiexec asks for' {
            $World.Msiexec = { Add-Portico -Without 'Entry'; 3010 }
            $ran = Install
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike '*ended with 3010, but*'
        }

        It 'may lack files until the restart that msiexec asks for' {
            $World.Msiexec = { Add-Portico -Without 'portico.exe'; 3010 }
            (Install).Code | Should -Be 3010
            $World.Msiexec = { 3010 }
            Remove-Portico
            (Install).Code | Should -Be 1603
        }

        It 'has no portal where none was ever given, and needs none taken away' {
            Add-Portico
            (Install -With @{ PortalUrl = 'none' }).Code | Should -Be 0
            $World.Runs | Should -HaveCount 0
            (Test -With @{ PortalUrl = 'none' }).Code | Should -Be 0
        }
    }

    Context 'What comes while it waits' {
        It 'is a newer version: 1638, and nothing is run' {
            $World.Waits = @({ Add-Portico -Version '2.0.0' -Code '{22222222-2222-2222-2222-222222222222}'; $true })
            (Install).Code | Should -Be 1638
            $World.Runs | Should -HaveCount 0
        }

        It 'is the same version: its setting is applied all the same' {
            $World.Waits = @({ Add-Portico; $true })
            (Install -With @{ PortalUrl = 'https://portal.example.com' }).Code | Should -Be 0
            $World.Runs[0] | Should -BeLike '*REINSTALL=ALL REINSTALLMODE=vamus PORTALURL="https://portal.example.com"*'
        }

        It 'is the same version with the same settings: nothing is run' {
            $World.Waits = @({ Add-Portico; $true })
            (Install).Output | Should -BeLike '*is installed already*'
            $World.Runs | Should -HaveCount 0
        }

        It 'counts after each wait, also when msiexec itself was too late' {
            $World.Msiexec = { Add-Portico -Version '2.0.0' -Code '{22222222-2222-2222-2222-222222222222}'; 1618 }
            (Install).Code | Should -Be 1638
            $World.Runs | Should -HaveCount 1
            $World.Slept | Should -Be 5
        }

        It 'does not end: 1618' {
            $World.Waits = @({ $false })
            (Install).Code | Should -Be 1618
        }

        It 'is no longer waited for when the time is over, though msiexec says again that another runs' {
            $World.Msiexec = { 1618 }
            (Install -With @{ WaitMinutes = '0' }).Code | Should -Be 1618
            $World.Runs | Should -HaveCount 1
            $World.Slept | Should -Be 0
        }
    }

    Context 'The package' {
        It 'is no MSI when it is <name>' -TestCases @(
            @{ name = 'empty'; make = { param($path) New-File -Path $path -Text '' } }
            @{ name = 'a page'; make = { param($path) New-File -Path $path -Text ('<html>' + ('x' * 4096)) } }
            @{ name = 'cut off'; make = { param($path) $null = New-Msi -Path $path -Size 600 } }
        ) {
            & $make $msi
            $World.Signature = 'UnknownError'
            foreach ($with in @(@{}, @{ Sha256 = '0' * 64 })) { (Install -With $with).Code | Should -Be 1620 }
            $World.Runs | Should -HaveCount 0
        }

        It 'of a version that is none is not Portico''s, and no older one' {
            Add-Portico
            $World.Msi = $World.Msi.Clone()
            $World.Msi.ProductVersion = 'x'
            $ran = Install
            $ran.Code | Should -Be 1620
            $ran.Error | Should -BeLike "*is 'Portico' of version 'x', and not Portico*"
        }

        It 'is not there where a path cannot be one' {
            (Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = "a$([char] 0)b.msi" }).Code | Should -Be 2
        }

        It 'is no MSI when Windows Installer cannot read it, whatever its signature is' {
            $World.Signature = 'UnknownError'
            $World.Msi = 'OpenDatabase,DatabasePath,OpenMode'
            $ran = Install
            $ran.Code | Should -Be 1620
            $ran.Error | Should -BeLike '*cannot be read as an MSI: OpenDatabase*'
        }

        It 'is not Portico''s when its upgrade code is another' {
            $World.Msi.UpgradeCode = '{00000000-0000-0000-0000-000000000000}'
            (Install).Code | Should -Be 1620
        }

        It 'with the signature <state>, and <with>, ends with <code>' -TestCases @(
            @{ state = 'NotSigned'; with = 'AllowUnsigned'; code = 0 }
            @{ state = 'NotSigned'; with = 'Sha256'; code = 0 }
            @{ state = 'NotSigned'; with = 'nothing'; code = 577 }
            @{ state = 'NotSigned'; with = 'SignerSubject'; code = 577 }
            @{ state = 'HashMismatch'; with = 'AllowUnsigned'; code = 577 }
            @{ state = 'HashMismatch'; with = 'Sha256'; code = 577 }
            @{ state = 'NotTrusted'; with = 'AllowUnsigned'; code = 577 }
            @{ state = 'NotSigned'; with = 'wrong Sha256'; code = 577 }
        ) {
            $World.Signature = $state
            $given = @{ MsiPath = $msi }
            if ($with -eq 'AllowUnsigned') { $given.AllowUnsigned = $true }
            if ($with -eq 'SignerSubject') { $given.SignerSubject = 'Contoso IT'; $given.AllowUnsigned = $true }
            if ($with -eq 'Sha256') { $given.Sha256 = (Get-FileHash -LiteralPath $msi).Hash }
            if ($with -eq 'wrong Sha256') { $given.Sha256 = '0' * 64 }
            (Invoke-Script -Name 'Install-Portico.ps1' -With $given).Code | Should -Be $code
            $World.Runs | Should -HaveCount $(if ($code) { 0 } else { 1 })
        }

        It 'signed by Contoso, with <name> ''<value>'', ends with <code>' -TestCases @(
            @{ state = 'Valid'; name = 'SignerThumbprint'; value = 'A' * 40; code = 0 }
            @{ state = 'Valid'; name = 'SignerThumbprint'; value = ('a' * 20 + ' ') * 2; code = 0 }
            @{ state = 'Valid'; name = 'SignerThumbprint'; value = 'B' * 40; code = 577 }
            @{ state = 'Valid'; name = 'SignerSubject'; value = 'Contoso IT'; code = 0 }
            @{ state = 'Valid'; name = 'SignerSubject'; value = 'CN=Contoso IT, O=Contoso, C=DE'; code = 0 }
            @{ state = 'Valid'; name = 'SignerSubject'; value = 'Contoso'; code = 577 }
            @{ state = 'Valid'; name = 'SignerSubject'; value = 'CN=Contoso IT, O=Fabrikam, C=DE'; code = 577 }
            @{ state = 'Valid'; name = ''; value = ''; code = 0 }
            @{ state = 'NotSigned'; name = 'SignerThumbprint'; value = 'A' * 40; code = 577 }
        ) {
            $World.Signature = $state
            if ($state -eq 'Valid') { $World.Signer = New-Signer }
            $given = @{ MsiPath = $msi }
            if ($name) { $given[$name] = $value }
            # Neither makes up for another signer, or none.
            if ($code) { $given.AllowUnsigned = $true; $given.Sha256 = (Get-FileHash -LiteralPath $msi).Hash }
            (Invoke-Script -Name 'Install-Portico.ps1' -With $given).Code | Should -Be $code
            $World.Runs | Should -HaveCount $(if ($code) { 0 } else { 1 })
        }

        It 'is hashed without Get-FileHash, which is missing below another PowerShell' {
            $hash = (Get-FileHash -LiteralPath $msi).Hash
            function global:Get-FileHash { throw 'The term Get-FileHash is not recognized.' }
            try {
                (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiPath = $msi; Sha256 = $hash }).Code | Should -Be 0
            } finally {
                Remove-Item -Path function:Get-FileHash
            }
        }

        It 'behind a link is not run, which could be turned before msiexec opens it: <kind>' -TestCases @(@{ kind = 'a link' }, @{ kind = 'a folder that is one' }) {
            $link = Join-Path -Path $World.Root -ChildPath 'link'
            if ($kind -eq 'a link') {
                $null = New-Item -ItemType SymbolicLink -Path $link -Target $msi
                $given = $link
            } else {
                $null = New-Item -ItemType $(if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { 'Junction' } else { 'SymbolicLink' }) -Path $link -Target $World.Root
                $given = Join-Path -Path $link -ChildPath 'portico-1.0.0-x64.msi'
            }
            $ran = Invoke-Script -Name 'Install-Portico.ps1' -With @{ AllowUnsigned = $true; MsiPath = $given }
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike "*'$link' is a link*"
            $World.Runs | Should -HaveCount 0
        }

        It 'can be read while msiexec runs, and not be changed' {
            # Outside of Windows only who wants a file for itself is refused.
            $share = $(if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { 'ReadWrite' } else { 'None' })
            $package = $msi
            $World.Msiexec = {
                [System.IO.File]::Open($package, 'Open', 'Read', 'Read').Dispose()
                try { [System.IO.File]::Open($package, 'Open', 'ReadWrite', $share).Dispose(); $World.Opened = 'opened' } catch { $World.Opened = 'refused' }
                Add-Portico; 0
            }
            $ran = Install
            $ran.Code | Should -Be 0 -Because ($ran.Error + $ran.Log)
            $World.Opened | Should -Be 'refused'
            [System.IO.File]::Open($msi, 'Open', 'ReadWrite', 'None').Dispose()
        }

        It 'that another program has open is told of in a sentence' {
            $open = [System.IO.File]::Open($msi, 'Open', 'ReadWrite', 'None')
            try { $ran = Install } finally { $open.Dispose() }
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike '*portico-1.0.0-x64.msi cannot be read; another program may have it open*'
        }
    }

    Context 'The download' {
        BeforeEach {
            $hash = (Get-FileHash -LiteralPath $msi).Hash
            $folder = Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download'
            $World.Download = { param($path) Copy-Item -LiteralPath $msi -Destination $path }
            function Download { Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiUrl = 'https://files.example.com/portico.msi?key=secret'; Sha256 = $hash } }
        }

        It 'is run, and gone afterwards' {
            (Download).Code | Should -Be 0
            $World.Runs[0] | Should -BeLike ('/i "{0}"*' -f $World.DownloadedTo)
            Get-ChildItem -LiteralPath $folder | Should -HaveCount 0
            $World.Protected | Should -Contain $folder
        }

        It 'stays while msiexec may still run from it' {
            $World.Msiexec = { $null }
            (Download).Code | Should -Be 1460
            $World.DownloadedTo | Should -Exist
        }

        It 'stays when the script is broken off while msiexec runs' {
            $World.Msiexec = { throw 'broken off' }
            (Download).Code | Should -Be 1603
            $World.DownloadedTo | Should -Exist
        }

        It 'says with -WhatIf what it would do, and does nothing' {
            (Invoke-Script -Name 'Install-Portico.ps1' -With @{ MsiUrl = 'https://files.example.com/portico.msi'; Sha256 = $hash; WhatIf = $true }).Code | Should -Be 0
            $World.Runs | Should -HaveCount 0
            $folder | Should -Not -Exist
        }

        It 'is gone when it was cut off, with the innermost reason' {
            $inner = New-Object -TypeName System.Exception -ArgumentList 'the remote certificate is invalid'
            $World.Download = { param($path) New-File -Path $path -Text 'half'; throw (New-Object -TypeName System.Exception -ArgumentList 'The SSL connection could not be established, see inner exception.', $inner) }
            $ran = Download
            $ran.Code | Should -Be 59
            $ran.Error | Should -Be 'Install-Portico.ps1: https://files.example.com/portico.msi could not be downloaded: the remote certificate is invalid (exit code 59, DownloadFailed)'
            Get-ChildItem -LiteralPath $folder | Should -HaveCount 0
            $World.Download = { param($path) $null = New-Msi -Path $path -Size 2048 }
            (Download).Code | Should -Be 577
            Get-ChildItem -LiteralPath $folder | Should -HaveCount 0
        }

        It 'is not written into a <kind> that has its name already' -TestCases @(@{ kind = 'File' }, @{ kind = 'SymbolicLink' }) {
            $World.Guid = [Guid]::NewGuid()
            $victim = Join-Path -Path $World.Root -ChildPath 'victim.txt'
            New-File -Path $victim -Text 'whole'
            $null = New-Item -ItemType Directory -Path $folder -Force
            $place = Join-Path -Path $folder -ChildPath ('portico-{0}-x64.msi' -f $World.Guid.ToString('N'))
            if ($kind -eq 'File') { New-File -Path $place -Text 'whole' } else { $null = New-Item -ItemType SymbolicLink -Path $place -Value $victim }
            (Download).Code | Should -Be 59
            $World.DownloadedTo | Should -BeNullOrEmpty
            foreach ($path in $place, $victim) { [System.IO.File]::ReadAllText($path) | Should -Be 'whole' }
        }

        It 'has a name that nobody can know beforehand' {
            $null = Download
            $first = $World.DownloadedTo
            Remove-Portico
            $null = Download
            $World.DownloadedTo | Should -Not -Be $first
            $World.DownloadedTo | Should -Match 'portico-[0-9a-f]{32}-x64\.msi$'
        }

        It 'takes away what an earlier one had to leave' {
            New-File -Path (Join-Path -Path $folder -ChildPath 'portico-old-x64.msi')
            (Get-Item -LiteralPath (Join-Path -Path $folder -ChildPath 'portico-old-x64.msi')).LastWriteTimeUtc = [DateTime]::UtcNow.AddDays(-2)
            New-File -Path (Join-Path -Path $folder -ChildPath 'portico-young-x64.msi')
            $planted = Join-Path -Path $folder -ChildPath 'portico-a-x64.msi'
            New-File -Path (Join-Path -Path $planted -ChildPath 'filled.txt')
            (Get-Item -LiteralPath $planted).LastWriteTimeUtc = [DateTime]::UtcNow.AddDays(-2)
            (Download).Code | Should -Be 0
            @(Get-ChildItem -LiteralPath $folder).Name | Sort-Object | Should -Be @('portico-a-x64.msi', 'portico-young-x64.msi')
        }

        It 'leaves TLS to a system that decides itself' {
            $before = [System.Net.ServicePointManager]::SecurityProtocol
            try {
                [System.Net.ServicePointManager]::SecurityProtocol = 0
                $null = Download
                [int] [System.Net.ServicePointManager]::SecurityProtocol | Should -Be 0
            } finally {
                [System.Net.ServicePointManager]::SecurityProtocol = $before
            }
        }

        It 'is not made in a folder of somebody else' {
            New-File -Path (Join-Path -Path $folder -ChildPath 'planted.txt')
            $World.Foreign = @($folder)
            $ran = Download
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike '*Download belongs to somebody who is no administrator*'
            $World.Runs | Should -HaveCount 0
        }
    }

    Context 'What somebody has planted' {
        BeforeEach {
            $victim = Join-Path -Path $World.Root -ChildPath 'victim.txt'
            New-File -Path $victim -Text 'whole'
            $logs = Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Logs'
            $null = New-Item -ItemType Directory -Path $logs -Force
        }

        It 'as a <kind> named <name> is not written through' -TestCases @(
            foreach ($kind in 'SymbolicLink', 'HardLink') { foreach ($name in 'Install-Portico.log', 'Install-Portico.log.old', 'Install-Portico-msi.log') { @{ kind = $kind; name = $name } } }
        ) {
            $null = New-Item -ItemType $kind -Path (Join-Path -Path $logs -ChildPath $name) -Value $victim
            $World.Msiexec = { param($arguments) [System.IO.File]::AppendAllText(([regex]::Match($arguments, '/l\*v "(.*)"').Groups[1].Value), 'log'); Add-Portico; 0 }
            $ran = Install
            $ran.Code | Should -Be 0
            $ran.Error | Should -BeLike "*$name was a link to another file, and was removed*"
            [System.IO.File]::ReadAllText($victim) | Should -Be 'whole'
            $ran.Log | Should -Match 'begins in process'
        }

        It 'as a folder in the place of <name> is told of, and all is done without <without>' -TestCases @(
            @{ name = 'Install-Portico.log'; without = 'a log' }
            @{ name = 'Install-Portico-msi.log'; without = 'the log of msiexec' }
        ) {
            $null = New-Item -ItemType Directory -Path (Join-Path -Path $logs -ChildPath $name)
            $ran = Install
            $ran.Code | Should -Be 0
            $ran.Error | Should -BeLike $(if ($name -like '*-msi*') { '*no log of msiexec can be written*' } else { '*no log can be written*Install-Portico.log is a folder; remove it' })
            $World.Runs[0] | Should -Not -BeLike '*/l?v*'
        }

        It 'as half a character in a value does not end the log' {
            Add-Portico
            (Get-Key -Path 'SOFTWARE\Portico')['Autostart'] = [string] [char] 0xd800
            $ran = Install -With @{ Autostart = 'never' }
            $ran.Code | Should -Be 0
            $ran.Error | Should -Be ''
            $ran.Log | Should -Match 'Ends with 0'
        }

        It 'that holds the log of msiexec has it run without one' {
            $open = [System.IO.File]::Open((Join-Path -Path $logs -ChildPath 'Install-Portico-msi.log'), 'Create', 'Write', 'None')
            try { $ran = Install } finally { $open.Dispose() }
            $ran.Code | Should -Be 0
            $World.Runs[0] | Should -Not -BeLike '*/l?v*'
            $ran.Log | Should -Match 'Ends with 0'
        }

        It 'that holds the log until <when> <what>' -TestCases @(
            @{ when = 'a second after the end'; what = 'takes no line of it'; last = 1 }
            @{ when = 'long after the end'; what = 'is told of'; last = 99 }
        ) {
            $World.Open = [System.IO.File]::Open((Join-Path -Path $logs -ChildPath 'Install-Portico.log'), 'Create', 'Write', 'None')
            $World.Until = $last
            $World.Held = $last -gt 1
            try { $ran = Install } finally { $World.Open.Dispose() }
            $ran.Code | Should -Be 0
            if ($last -eq 1) {
                $ran.Log | Should -Match 'begins in process[\s\S]*Ends with 0'
                $ran.Error | Should -Be ''
            } else {
                $ran.Error | Should -BeLike '*Install-Portico.log is in use, and lacks the last lines*'
                $World.Slept | Should -Be 5
            }
        }

        It 'as a link in the place of the folder gets no log' {
            Remove-Item -LiteralPath $logs
            $null = New-Item -ItemType Directory -Path (Join-Path -Path $World.Root -ChildPath 'elsewhere')
            $null = New-Item -ItemType SymbolicLink -Path $logs -Value (Join-Path -Path $World.Root -ChildPath 'elsewhere')
            $ran = Install
            $ran.Code | Should -Be 0
            $ran.Error | Should -BeLike '*no log can be written*is a link*'
            Get-ChildItem -LiteralPath (Join-Path -Path $World.Root -ChildPath 'elsewhere') | Should -HaveCount 0
        }

        It 'as a folder of their own gets no log, and is not taken over' {
            $World.Foreign = @($logs)
            $ran = Install
            $ran.Code | Should -Be 0
            $ran.Error | Should -BeLike '*no log can be written*belongs to somebody who is no administrator*'
            $World.Protected | Should -Not -Contain $logs
            $World.Runs[0] | Should -Not -BeLike '*/l?v*'
        }
    }
}
