# Uninstall-Portico.ps1 and Remove-PorticoLeftovers.ps1: what goes, and what stays.

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Computer.ps1')
    function Uninstall { param([hashtable] $With = @{}) Invoke-Script -Name 'Uninstall-Portico.ps1' -With $With }
    function Leftovers { param([hashtable] $With = @{}) Invoke-Script -Name 'Remove-PorticoLeftovers.ps1' -With $With }
    $first, $second = '{11111111-1111-1111-1111-111111111111}', '{22222222-2222-2222-2222-222222222222}'
}

Describe 'Removal' {
    BeforeEach {
        New-World -Root (Join-Path -Path $TestDrive -ChildPath ([Guid]::NewGuid().ToString('N')))
        $programs = Join-Path -Path $World.Folder.ProgramFiles -ChildPath 'Portico'
        $World.Msiexec = { param($arguments) Remove-Portico -Code ([regex]::Match($arguments, '/x (\S+)').Groups[1].Value); 0 }
    }

    Context 'Uninstalling' {
        It 'removes what is there, and says so' {
            Add-Portico
            $ran = Uninstall
            $ran.Code | Should -Be 0 -Because $ran.Error
            $ran.Output | Should -Be 'Portico is removed (Success).'
        }

        It 'tries the second product when the first fails, and ends with the failure' {
            Add-Portico -Code $first
            Add-Portico -Code $second -Version '0.9.0'
            $World.Msiexec = { param($arguments) if ($arguments -like "*$first*") { 1625 } else { Remove-Portico -Code $second; 0 } }
            $ran = Uninstall
            $ran.Code | Should -Be 1625
            $World.Runs | Should -HaveCount 2
            $ran.Error | Should -BeLike "*1625 for $first*"
        }

        It 'has not succeeded while <name> is left, though msiexec ended with 0' -TestCases @(
            @{ name = 'portico.exe'; leave = { New-File -Path (Join-Path -Path $programs -ChildPath 'portico.exe') } }
            @{ name = 'Run'; leave = { Set-Key -Path "$Software\Run" -Value @{ Portico = ('"{0}" --autostart' -f (Join-Path -Path $programs -ChildPath 'portico-agent.exe')) } } }
            @{ name = 'Classes\portico'; leave = { Set-Key -Path 'SOFTWARE\Classes\portico\shell\open\command' -Value @{ '' = ('"{0}" "%1"' -f (Join-Path -Path $programs -ChildPath 'portico.exe')) } } }
            @{ name = 'Classes\portico'; leave = { Set-Key -Path 'SOFTWARE\Classes\portico\DefaultIcon' -Value @{ '' = (Join-Path -Path $programs -ChildPath 'portico.exe') + ',0' } } }
            @{ name = 'Run'; leave = { Set-Key -Path "$Software\Run" -Value @{ Portico = (Join-Path -Path $programs -ChildPath 'portico-agent.exe') + ' --autostart' } } }
            @{ name = 'PATH'; leave = { (Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment')['Path'] += ';' + $programs } }
            @{ name = 'Portico.lnk'; leave = { New-Shortcut -Target (Join-Path -Path $programs -ChildPath 'portico.exe') } }
        ) {
            Add-Portico
            $World.Msiexec = { Remove-Portico; . $leave; 0 }
            $ran = Uninstall
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike "*left things behind*$name*"
            $ran.Output | Should -Be ''
        }

        It 'has not succeeded while <name> of the record is left, and says how that goes' -TestCases @(
            @{ name = 'all'; without = @(); force = ' with -Force'; ending = 0 }
            @{ name = 'all, which msiexec does not know,'; without = @(); force = ' with -Force'; ending = 1605 }
            @{ name = 'the entry'; without = @('Products'); force = ''; ending = 0 }
            @{ name = 'Products'; without = @('Entry'); force = ' with -Force'; ending = 3010 }
        ) {
            Add-Portico
            $World.Msiexec = { Remove-Portico; Add-Portico -Without $without; Remove-Item -LiteralPath $programs -Recurse; $ending }
            $ran = Uninstall
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike "*record of $first, which Remove-PorticoLeftovers.ps1$force removes*"
            (Leftovers -With $(if ($force) { @{ Force = $true } } else { @{} })).Code | Should -Be 0
            (Uninstall).Output | Should -Be 'Portico is not installed.'
        }

        It 'removes what an upgrade has put in its place meanwhile' {
            Add-Portico
            $World.Waits = @({ Remove-Portico; Add-Portico -Version '2.0.0' -Code $second; $true })
            $ran = Uninstall
            $ran.Code | Should -Be 0 -Because ($ran.Error + $ran.Log)
            $World.Runs | Should -HaveCount 1
            $World.Runs[0] | Should -BeLike "/x $second*"
            $programs | Should -Not -Exist
        }

        It 'does not go on for ever where each removal brings another' {
            Add-Portico
            $World.Msiexec = { param($arguments) Remove-Portico -Code ([regex]::Match($arguments, '/x (\S+)').Groups[1].Value); if ($World.Runs.Count -lt 9) { Add-Portico -Code ([Guid]::NewGuid().ToString('B').ToUpperInvariant()) }; 0 }
            (Uninstall).Code | Should -Be 0
            $World.Runs | Should -HaveCount 9
        }

        It 'may leave files until the restart that msiexec asks for' {
            Add-Portico
            $World.Msiexec = { Remove-Portico; New-File -Path (Join-Path -Path $programs -ChildPath 'portico.exe'); 3010 }
            (Uninstall).Code | Should -Be 3010
        }

        It 'does not mind what another maker has under the name' {
            New-File -Path (Join-Path -Path $programs -ChildPath 'portico.exe') -Text 'Another maker'
            Set-Key -Path "$Software\Run" -Value @{ Portico = ('"{0}"' -f (Join-Path -Path $programs -ChildPath 'portico.exe')) }
            (Uninstall).Output | Should -Be 'Portico is not installed.'
            (Uninstall -With @{ Strict = $true }).Code | Should -Be 1605
        }

        It 'decides after the wait, and speaks of no record where none is left' {
            Add-Portico
            $World.Waits = @({ Remove-Portico; $true })
            $ran = Uninstall
            $ran.Code | Should -Be 0
            $ran.Output | Should -Be 'Portico is not installed.'
            $World.Runs | Should -HaveCount 0
        }

        It 'has no output where -Strict makes a failure of it' {
            $ran = Uninstall -With @{ Strict = $true }
            $ran.Code | Should -Be 1605
            $ran.Output | Should -Be ''
        }

        It 'ends its programs first, and no others' {
            Add-Portico
            New-File -Path (Join-Path -Path $World.Root -ChildPath 'Other/portico.exe')
            $World.Processes = @(@{ Id = 1; At = $programs }, @{ Id = 2; At = (Join-Path -Path $World.Root -ChildPath 'Other') } | ForEach-Object { [pscustomobject] @{ ProcessName = 'portico'; Id = $_.Id; MainModule = [pscustomobject] @{ FileName = (Join-Path -Path $_.At -ChildPath 'portico.exe') } } })
            $null = Uninstall -With @{ WhatIf = $true }
            $World.Stopped | Should -HaveCount 0
            (Uninstall).Code | Should -Be 0
            $World.Stopped | Should -Be @(1)
        }

        It 'changes nothing with -WhatIf' {
            Add-Portico
            (Uninstall -With @{ WhatIf = $true }).Code | Should -Be 0
            $World.Runs | Should -HaveCount 0
        }
    }

    Context 'Half a record' {
        BeforeEach {
            Add-Portico
            Remove-Portico
            Set-Key -Path "$Software\Installer\UpgradeCodes\$PackedUpgradeCode" -Value @{ (Pack -Guid $first) = '' }
            $World.Msiexec = { 1605 }
        }

        It 'is not installed for both scripts: the one says who goes on, the other goes on' {
            $ran = Uninstall
            $ran.Code | Should -Be 0
            $ran.Output | Should -BeLike 'Portico is not installed; what is left of its record Remove-PorticoLeftovers.ps1 removes.'
            (Leftovers).Code | Should -Be 0
            $World.Registry.Contains("$Software\Installer\UpgradeCodes\$PackedUpgradeCode") | Should -BeFalse
            (Uninstall).Output | Should -Be 'Portico is not installed.'
        }

        It 'that only its name tells to be ours is the same for both: <name>' -TestCases @(
            @{ name = 'UserData'; in = 'UserData'; known = $false }
            @{ name = 'Classes'; in = 'Classes'; known = $false }
            @{ name = 'both, which Windows Installer can remove'; in = 'UserData|Classes'; known = $true }
            @{ name = 'both, which Windows Installer cannot remove'; in = 'UserData|Classes'; known = $true; ending = 1605 }
        ) {
            $packed = Pack -Guid $first
            (Get-Key -Path "$Software\Installer\UpgradeCodes\$PackedUpgradeCode").Remove($packed)
            if ('UserData' -match $in) { Set-Key -Path "$Software\Installer\UserData\S-1-5-18\Products\$packed\InstallProperties" -Value @{ DisplayName = 'Portico'; Publisher = 'Portico contributors'; DisplayVersion = '1.0.0' } }
            if ('Classes' -match $in) { Set-Key -Path "SOFTWARE\Classes\Installer\Products\$packed\SourceList" -Value @{ PackageName = 'portico-1.0.0-x64.msi' }; (Get-Key -Path "SOFTWARE\Classes\Installer\Products\$packed")['ProductName'] = 'Portico' }
            if ($known -and -not $ending) { $World.Msiexec = { Remove-Portico -Code $first; 0 } }
            $before = Leftovers -With @{ WhatIf = $true }
            $before.Code | Should -Be $(if ($known) { 1603 } else { 0 })
            $ran = Uninstall
            $World.Runs[0] | Should -BeLike "/x $first*"
            if ($ending) {
                $ran.Code | Should -Be 1603
                $ran.Error | Should -BeLike "*record of $first, which Remove-PorticoLeftovers.ps1 with -Force removes*"
            } else {
                $ran.Code | Should -Be 0 -Because $ran.Error
                $ran.Output | Should -Be $(if ($known) { 'Portico is removed (Success).' } else { 'Portico is not installed; what is left of its record Remove-PorticoLeftovers.ps1 removes.' })
            }
            (Leftovers -With @{ Force = [bool] $ending }).Code | Should -Be 0
            @($World.Registry.Keys) -match $packed | Should -HaveCount 0
            (Uninstall).Output | Should -Be 'Portico is not installed.'
        }

        It 'is installed for both where Windows Installer knows it' {
            Add-Portico
            $ran = Leftovers
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike '*is still installed*'
            $World.Deleted | Should -HaveCount 0
        }
    }

    Context 'What is another maker''s' {
        It 'stays, and is listed: <what>' -TestCases @(
            @{ what = 'portico.exe'; make = { New-File -Path (Join-Path -Path $programs -ChildPath 'portico.exe') -Text 'Another maker' }; there = { Test-Path -LiteralPath (Join-Path -Path $programs -ChildPath 'portico.exe') } }
            @{ what = 'Portico'; make = { New-File -Path (Join-Path -Path $programs -ChildPath 'data.bin') }; there = { Test-Path -LiteralPath (Join-Path -Path $programs -ChildPath 'data.bin') } }
            @{ what = 'Run, Portico'; make = { New-File -Path (Join-Path -Path $programs -ChildPath 'tray.exe'); Set-Key -Path "$Software\Run" -Value @{ Portico = (Join-Path -Path $programs -ChildPath 'tray.exe') } }; there = { (Get-Key -Path "$Software\Run").ContainsKey('Portico') } }
            @{ what = 'Run, Portico'; make = { New-File -Path (Join-Path -Path $programs -ChildPath 'portico-agent.exe') -Text 'Another maker'; Set-Key -Path "$Software\Run" -Value @{ Portico = (Join-Path -Path $programs -ChildPath 'portico-agent.exe') } }; there = { (Get-Key -Path "$Software\Run").ContainsKey('Portico') } }
            @{ what = 'SOFTWARE\Portico'; make = { Set-Key -Path 'SOFTWARE\Portico\Server' -Value @{ Port = 1 }; Set-Key -Path 'SOFTWARE\Portico' -Value @{ InstallDir = 'C:\Other'; Licence = 'x' } }; there = { $World.Registry['SOFTWARE\Portico'].Count -eq 2 -and $World.Registry.Contains('SOFTWARE\Portico\Server') } }
            @{ what = 'Classes\portico'; make = { New-File -Path (Join-Path -Path $World.Root -ChildPath 'other/portico.exe') -Text 'Another maker'; Set-Key -Path 'SOFTWARE\Classes\portico\shell\open\command' -Value @{ '' = ('"{0}" "%1"' -f (Join-Path -Path $World.Root -ChildPath 'other/portico.exe')) } }; there = { $World.Registry.Contains('SOFTWARE\Classes\portico\shell\open\command') } }
            @{ what = 'Classes\portico'; make = { Set-Key -Path 'SOFTWARE\Classes\portico\shell\open\command' -Value @{ '' = '"C:\Other\other.exe" "%1"' }; Set-Key -Path 'SOFTWARE\Classes\portico\DefaultIcon' -Value @{ '' = (Join-Path -Path $programs -ChildPath 'portico.exe') } }; there = { $World.Registry.Contains('SOFTWARE\Classes\portico\shell\open\command') } }
            @{ what = 'Run, Portico'; make = { Set-Key -Path "$Software\Run" -Value @{ Portico = ('"C:\Other\watch.exe" "{0}"' -f (Join-Path -Path $programs -ChildPath 'portico.exe')) } }; there = { (Get-Key -Path "$Software\Run").ContainsKey('Portico') } }
            @{ what = 'Run, Portico'; make = { Set-Key -Path "$Software\Run" -Value @{ Portico = ('C:\Other\watch.exe {0}' -f (Join-Path -Path $programs -ChildPath 'portico.exe')) } }; there = { (Get-Key -Path "$Software\Run").ContainsKey('Portico') } }
            @{ what = 'Application\Portico'; make = { Set-Key -Path 'SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico' -Value @{ EventMessageFile = 'C:\Other\messages.dll' } }; there = { $World.Registry.Contains('SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico') } }
            @{ what = 'Application\Portico'; make = { Set-Key -Path 'SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico' -Value @{ EventMessageFile = '%SystemRoot%\System32\EventCreate.exe'; CustomSource = 1 } }; there = { $World.Registry.Contains('SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico') } }
            @{ what = 'SOFTWARE\Portico'; make = { Set-Key -Path 'SOFTWARE\Portico' -Value @{ InstallDir = 'C:\Other'; StartMenu = ''; Autostart = '' } }; there = { $World.Registry['SOFTWARE\Portico'].Count -eq 3 } }
            @{ what = 'Policies\Portico, Proxy'; make = { Set-Key -Path 'SOFTWARE\Policies\Portico\Defaults' -Value @{ Theme = 'dark' }; Set-Key -Path 'SOFTWARE\Policies\Portico' -Value @{ Proxy = 'x' } }; there = { $World.Registry['SOFTWARE\Policies\Portico'].Count -eq 1 -and $World.Registry.Contains('SOFTWARE\Policies\Portico\Defaults') } }
            @{ what = 'Portico.lnk'; make = { New-Shortcut -Target 'C:\Other\other.exe' }; there = { Test-Path -LiteralPath (Join-Path -Path $World.Folder.CommonPrograms -ChildPath 'Portico.lnk') } }
            @{ what = 'PATH'; make = { New-File -Path (Join-Path -Path $programs -ChildPath 'other.exe'); (Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment')['Path'] += ';' + $programs }; there = { (Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment')['Path'] -like "*;$programs" } }
            @{ what = 'Policies\Portico'; make = { Set-Key -Path 'SOFTWARE\Policies\Portico' -Value @{ Server = 'x' } }; there = { $World.Registry.Contains('SOFTWARE\Policies\Portico') } }
            @{ what = 'Portico'; make = { New-File -Path (Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico/settings.json') -Text '{}' }; there = { Test-Path -LiteralPath (Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico/settings.json') } }
        ) {
            Set-Key -Path 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1001' -Value @{ ProfileImagePath = (Join-Path -Path $World.Root -ChildPath 'ada') }
            . $make
            $ran = Leftovers -With @{ IncludeUserData = $true; IncludePolicies = $true; Force = $true }
            $ran.Code | Should -Be 0
            $ran.Output | Should -BeLike "*Not ours, left alone: *$what*"
            & $there | Should -BeTrue
        }

        It 'stays where nothing but InstallDir says that its folder is ours, and its program is not ended' {
            $path = Join-Path -Path $programs -ChildPath 'portico.exe'
            foreach ($name in 'portico.exe', 'portico-agent.exe') { New-File -Path (Join-Path -Path $programs -ChildPath $name) -Text '' }
            New-File -Path (Join-Path -Path $programs -ChildPath 'LICENSE.txt') -Text "`n      Apache License`n"
            Set-Key -Path 'SOFTWARE\Portico' -Value @{ InstallDir = $programs; Autostart = ''; StartMenu = '' }
            Set-Key -Path "$Software\Run" -Value @{ Portico = $path }
            Set-Key -Path 'SOFTWARE\Classes\portico\shell\open\command' -Value @{ '' = ('"{0}" "%1"' -f $path) }
            $World.Processes = @([pscustomobject] @{ ProcessName = 'portico'; Id = 7; MainModule = [pscustomobject] @{ FileName = $path } })
            $before = $World.Registry.Count
            $ran = Leftovers
            $ran.Code | Should -Be 0 -Because $ran.Error
            $ran.Output | Should -BeLike '0 leftovers of Portico removed. Not ours*'
            @(Get-ChildItem -LiteralPath $programs) | Should -HaveCount 3
            $World.Registry.Count | Should -Be $before
            $World.Registry['SOFTWARE\Portico'].Count | Should -Be 3
            $World.Stopped | Should -HaveCount 0
            (Uninstall).Output | Should -Be 'Portico is not installed.'
        }

        It 'are data whose settings.json is another one, and a log that is none of ours' {
            Set-Key -Path 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1001' -Value @{ ProfileImagePath = (Join-Path -Path $World.Root -ChildPath 'ada') }
            $data = Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico'
            foreach ($text in '{"settings":{"x":1}}', '{"portal":"x","database":1}', '{}', '["portal"]', '{ broken') {
                New-File -Path (Join-Path -Path $data -ChildPath 'Data/settings.json') -Text $text
                New-File -Path (Join-Path -Path $data -ChildPath 'Data/customers.db')
                New-File -Path (Join-Path -Path $data -ChildPath 'Logs/portico-agent.log') -Text 'Began.'
                (Leftovers -With @{ IncludeUserData = $true }).Output | Should -BeLike '*Not ours*' -Because $text
                Join-Path -Path $data -ChildPath 'Data/customers.db' | Should -Exist
            }
            New-File -Path (Join-Path -Path $data -ChildPath 'Logs/portico-agent.log') -Text 'time=2026-01-01T00:00:00Z level=INFO msg=x'
            (Leftovers -With @{ IncludeUserData = $true }).Code | Should -Be 0
            $data | Should -Not -Exist
        }

        It 'is a folder named as a download' {
            $folder = Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download/portico-1-x64.msi'
            New-File -Path (Join-Path -Path $folder -ChildPath 'data.bin')
            $ran = Leftovers
            $ran.Code | Should -Be 0 -Because $ran.Error
            Join-Path -Path $folder -ChildPath 'data.bin' | Should -Exist
        }

        It 'is a folder for downloads that <whose>' -TestCases @(@{ whose = 'somebody else made' }, @{ whose = 'is a link' }) {
            $victim = Join-Path -Path $World.Root -ChildPath 'victim'
            $folder = Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download'
            $null = New-Item -ItemType Directory -Path (Split-Path -Path $folder -Parent), $victim -Force
            New-File -Path (Join-Path -Path $victim -ChildPath 'portico-1-x64.msi')
            if ($whose -eq 'is a link') { $null = New-Item -ItemType SymbolicLink -Path $folder -Value $victim } else { Move-Item -LiteralPath $victim -Destination $folder; $World.Foreign = @($folder) }
            $ran = Leftovers
            $ran.Code | Should -Be 0 -Because $ran.Error
            $ran.Output | Should -BeLike "*Not ours, left alone: *$folder*"
            Join-Path -Path $folder -ChildPath 'portico-1-x64.msi' | Should -Exist
        }

        It 'are the data of <sid>, which is no person' -TestCases @('S-1-5-18', 'S-1-5-20', 'S-1-5-80-1-2-3-4-5', 'S-1-5-82-1-2-3-4-5', 'S-1-5-21-1-2-3-1001.bak', 'S-1-12-2-1' | ForEach-Object { @{ sid = $_ } }) {
            Set-Key -Path "SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\$sid" -Value @{ ProfileImagePath = (Join-Path -Path $World.Root -ChildPath 'service') }
            $kept = Join-Path -Path $World.Root -ChildPath 'service/AppData/Local/Portico/Data/settings.json'
            New-File -Path $kept -Text '{"signed_out":true}'
            (Leftovers -With @{ IncludeUserData = $true }).Code | Should -Be 0
            $kept | Should -Exist
        }

        It 'stays in a folder that it shares with us, but for our own files' {
            $shared = Join-Path -Path $World.Root -ChildPath 'Apps'
            Add-Portico -Folder $shared
            New-File -Path (Join-Path -Path $shared -ChildPath 'LICENSE.txt') -Text 'The Other Licence'
            New-File -Path (Join-Path -Path $shared -ChildPath 'other.exe') -Text 'Another maker'
            $ran = Leftovers -With @{ Force = $true }
            $ran.Code | Should -Be 0 -Because $ran.Error
            @(Get-ChildItem -LiteralPath $shared | ForEach-Object { $_.Name } | Sort-Object) -join ',' | Should -Be 'LICENSE.txt,other.exe'
            $ran.Output | Should -BeLike '*Not ours, left alone: *LICENSE.txt*'
        }
    }

    Context 'What is ours' {
        It 'goes, and nothing is listed twice' {
            Add-Portico
            New-File -Path (Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download/portico-0123-x64.msi')
            New-Shortcut -Target (Join-Path -Path $programs -ChildPath 'portico.exe') -In 'CommonDesktopDirectory'
            $ran = Leftovers -With @{ Force = $true }
            $ran.Code | Should -Be 0 -Because $ran.Error
            $programs | Should -Not -Exist
            foreach ($path in 'SOFTWARE\Portico', 'SOFTWARE\Classes\portico', 'SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico') { $World.Registry.Contains($path) | Should -BeFalse -Because $path }
            (Get-Key -Path "$Software\Run").Count | Should -Be 0
            (Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment')['Path'] | Should -Be 'C:\Windows'
            Get-ChildItem -LiteralPath $World.Folder.CommonPrograms, $World.Folder.CommonDesktopDirectory | Should -HaveCount 0
            Join-Path -Path $World.Folder.CommonApplicationData -ChildPath 'Portico/Download' | Should -Not -Exist
            $ran.Output | Should -Not -BeLike '*Not ours*'
            [regex]::Matches($ran.Log, 'Removed HKLM\\SOFTWARE\\Classes\\portico') | Should -HaveCount 1
            (Leftovers).Output | Should -Be '0 leftovers of Portico removed.'
        }

        It 'goes where a program is broken, and our own record names its folder' {
            Add-Portico
            New-File -Path (Join-Path -Path $programs -ChildPath 'portico.exe') -Text ''
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            $programs | Should -Not -Exist
        }

        It 'is ended, and no other program of that name is: not in another folder, not of another maker' {
            Add-Portico
            $others = @((Join-Path -Path $World.Root -ChildPath 'Other/portico.exe'), (Join-Path -Path $World.Folder.ProgramFiles -ChildPath 'Portico 2/portico.exe'), (Join-Path -Path $programs -ChildPath 'sub/portico.exe'))
            foreach ($path in $others) { New-File -Path $path }
            New-File -Path $others[2] -Text 'Another maker'
            $id = 0
            $World.Processes = @(@(Join-Path -Path $programs -ChildPath 'portico.exe') + $others | ForEach-Object { $id++; [pscustomobject] @{ ProcessName = 'portico'; Id = $id; MainModule = [pscustomobject] @{ FileName = $_ } } })
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            $World.Stopped | Should -Be @(1)
        }

        It 'leaves a key in which a value of somebody is named as what is asked' {
            Add-Portico
            Set-Key -Path 'SOFTWARE\Portico' -Value @{ Count = 0; Keys = '' }
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            @($World.Registry['SOFTWARE\Portico'].GetEnumerator() | ForEach-Object { $_.Key } | Sort-Object) | Should -Be @('Count', 'Keys')
        }

        It 'goes from a PATH that names it as <entry>' -TestCases @('%PORTICO_TEST_FILES%{0}Portico', '"%PORTICO_TEST_FILES%{0}Portico"', '%PORTICO_TEST_FILES%{0}Portico\' | ForEach-Object { @{ entry = $_ } }) {
            Add-Portico
            $env:PORTICO_TEST_FILES = $World.Folder.ProgramFiles
            $entry = $entry -f [System.IO.Path]::DirectorySeparatorChar
            (Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment')['Path'] = "C:\Windows;$entry;C:\Other;;"
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            (Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment')['Path'] | Should -Be 'C:\Windows;C:\Other;;'
        }

        It 'is people''s data only with the switch, and only what Portico keeps' {
            Set-Key -Path 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1001' -Value @{ ProfileImagePath = (Join-Path -Path $World.Root -ChildPath 'ada') }
            $data = Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico'
            New-File -Path (Join-Path -Path $data -ChildPath 'Data/settings.json') -Text '{"signed_out":true,"settings":{"Language":"de"}}'
            New-File -Path (Join-Path -Path $data -ChildPath 'Cache/x')
            New-File -Path (Join-Path -Path $data -ChildPath 'mine.txt')
            $null = Leftovers
            Join-Path -Path $data -ChildPath 'Data/settings.json' | Should -Exist
            (Leftovers -With @{ IncludeUserData = $true }).Code | Should -Be 0
            @(Get-ChildItem -LiteralPath $data).Name | Should -Be 'mine.txt'
        }

        It 'are the data of a person whose account is <sid>' -TestCases @('S-1-5-21-1-2-3-1001', 'S-1-12-1-1-2-3-4' | ForEach-Object { @{ sid = $_ } }) {
            Set-Key -Path "SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\$sid" -Value @{ ProfileImagePath = (Join-Path -Path $World.Root -ChildPath 'ada') }
            New-File -Path (Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico/Data/settings.json') -Text '{"signed_out":true}'
            (Leftovers -With @{ IncludeUserData = $true }).Code | Should -Be 0
            Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico' | Should -Not -Exist
        }

        It 'is not looked for behind a link that a person has put in its place' {
            Set-Key -Path 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1001' -Value @{ ProfileImagePath = (Join-Path -Path $World.Root -ChildPath 'ada') }
            New-File -Path (Join-Path -Path $World.Root -ChildPath 'victim/Data/settings.json') -Text '{"begun":true}'
            $null = New-Item -ItemType Directory -Path (Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local') -Force
            $null = New-Item -ItemType SymbolicLink -Path (Join-Path -Path $World.Root -ChildPath 'ada/AppData/Local/Portico') -Value (Join-Path -Path $World.Root -ChildPath 'victim')
            (Leftovers -With @{ IncludeUserData = $true }).Code | Should -Be 1603
            Join-Path -Path $World.Root -ChildPath 'victim/Data/settings.json' | Should -Exist
        }

        It 'are the policies of our names, and the key when nothing else is in it' {
            Set-Key -Path 'SOFTWARE\Policies\Portico\Defaults' -Value @{ Theme = 'dark' }
            Set-Key -Path 'SOFTWARE\Policies\Portico' -Value @{ PortalURL = 'https://portal.example.com' }
            $null = Leftovers
            $World.Registry.Contains('SOFTWARE\Policies\Portico\Defaults') | Should -BeTrue
            (Leftovers -With @{ IncludePolicies = $true }).Code | Should -Be 0
            $World.Registry.Contains('SOFTWARE\Policies\Portico') | Should -BeFalse
        }

        It 'is, with Force, the portal that the package 0.1.0 wrote among the policies, and none that was changed since' {
            Add-Portico -Version '0.1.0' -Portal 'https://portal.example.com'
            Set-Key -Path 'SOFTWARE\Policies\Portico' -Value @{ PortalURL = 'https://portal.example.com'; Theme = 'dark' }
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            @($World.Registry['SOFTWARE\Policies\Portico'].Keys) | Should -Be 'Theme'
            Add-Portico -Version '0.1.0' -Portal 'https://portal.example.com'
            Set-Key -Path 'SOFTWARE\Policies\Portico' -Value @{ PortalURL = 'https://decided.example.com' }
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            $World.Registry['SOFTWARE\Policies\Portico']['PortalURL'] | Should -Be 'https://decided.example.com'
        }
    }

    Context 'What a package wrote among the policies' {
        It 'goes with Force up to 0.1.0, and stays of <version>: <stays>' -TestCases @(@{ version = '0.0.9'; stays = $false }, @{ version = '0.1.0'; stays = $false }, @{ version = '0.1.1'; stays = $true }, @{ version = '0.2.0'; stays = $true }) {
            Add-Portico -Version $version -Portal 'https://portal.example.com'
            Set-Key -Path 'SOFTWARE\Policies\Portico' -Value @{ PortalURL = 'https://portal.example.com'; Theme = 'dark' }
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            (Get-Key -Path 'SOFTWARE\Policies\Portico').ContainsKey('PortalURL') | Should -Be $stays
        }
    }

    Context 'The record of a dead product' {
        It 'goes out of the 32-bit part of the registry too' {
            Add-Portico -Without 'Entry'
            Set-Key -Path "$Software\Uninstall\$first" -View 'Registry32' -Value @{ DisplayName = 'Portico'; Publisher = 'Portico contributors' }
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            $World.Registry32.Contains("$Software\Uninstall\$first") | Should -BeFalse
        }

        It 'goes out of the components, the cache and the upgrade codes, and no other product''s does' {
            Add-Portico
            $components = "$Software\Installer\UserData\S-1-5-18\Components"
            $dead, $well = (Pack -Guid $first), (Pack -Guid $second)
            Set-Key -Path "$components\AAAA0000000000000000000000000000" -Value @{ $dead = 'C:\Program Files\Portico\portico.exe' }
            Set-Key -Path "$components\BBBB0000000000000000000000000000" -Value @{ $dead = 'x'; $well = 'y' }
            Set-Key -Path "$components\9999" -Value @{ $dead = 'x' }
            $World.Unreadable = "$components\9999"
            Set-Key -Path "$components\CCCC0000000000000000000000000000" -Value @{ $well = 'z' }
            $cache = Join-Path -Path $World.Folder.Windows -ChildPath 'Installer'
            New-File -Path (Join-Path -Path $cache -ChildPath '1a2b.msi')
            New-File -Path (Join-Path -Path $cache -ChildPath '9z.msi')
            New-File -Path (Join-Path -Path $cache -ChildPath "$first/portico.ico")
            Set-Key -Path "$Software\Installer\UserData\S-1-5-18\Products\$dead\InstallProperties" -Value @{ LocalPackage = (Join-Path -Path $cache -ChildPath '1a2b.msi') }
            $ran = Leftovers -With @{ Force = $true }
            $ran.Code | Should -Be 0 -Because $ran.Error
            $World.Registry.Contains("$components\AAAA0000000000000000000000000000") | Should -BeFalse
            @($World.Registry["$components\BBBB0000000000000000000000000000"].Keys) | Should -Be $well
            @($World.Registry["$components\CCCC0000000000000000000000000000"].Keys) | Should -Be $well
            @(Get-ChildItem -LiteralPath $cache).Name | Should -Be '9z.msi'
            $ran.Log | Should -Match 'The component 9999 cannot be read'
            @($World.Registry.Keys) -match $dead | Should -HaveCount 0
            @($World.Registry.Keys) -match $PackedUpgradeCode | Should -HaveCount 0
            @($World.Registry.Keys) -match [regex]::Escape($first) | Should -HaveCount 0
        }

        It 'is found by name where nothing but <name> is left, and another maker''s is not' -TestCases @(
            @{ name = 'UserData'; path = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Products\PACKED'; more = 'InstallProperties'; facts = @{ DisplayName = 'Portico'; Publisher = 'Portico contributors' }; others = @{ DisplayName = 'Portico'; Publisher = 'Another maker' } }
            @{ name = 'Classes'; path = 'SOFTWARE\Classes\Installer\Products\PACKED'; more = 'SourceList'; facts = @{ PackageName = 'portico-1.0.0-x64.msi' }; others = @{ PackageName = 'setup.msi' } }
        ) {
            foreach ($one in @(@($first, $facts), @($second, $others))) {
                $key = $path -replace 'PACKED', (Pack -Guid $one[0])
                Set-Key -Path $key -Value @{ ProductName = 'Portico' }
                Set-Key -Path ($key + '\' + $more) -Value $one[1]
            }
            (Leftovers).Code | Should -Be 0
            $World.Registry.Contains(($path -replace 'PACKED', (Pack -Guid $first))) | Should -BeFalse
            $World.Registry.Contains(($path -replace 'PACKED', (Pack -Guid $second))) | Should -BeTrue
        }

        It 'names no package outside of the cache' {
            Add-Portico
            New-File -Path (Join-Path -Path $World.Root -ChildPath 'mine.msi')
            Set-Key -Path ("$Software\Installer\UserData\S-1-5-18\Products\{0}\InstallProperties" -f (Pack -Guid $first)) -Value @{ LocalPackage = (Join-Path -Path $World.Root -ChildPath 'mine.msi') }
            (Leftovers -With @{ Force = $true }).Code | Should -Be 0
            Join-Path -Path $World.Root -ChildPath 'mine.msi' | Should -Exist
        }

        It 'says what remains where something cannot be removed' {
            Add-Portico
            $World.Refused = 'SOFTWARE\Classes\portico'
            $ran = Leftovers -With @{ Force = $true }
            $ran.Code | Should -Be 1603
            $ran.Error | Should -BeLike '*these remain, the log says why: HKLM\SOFTWARE\Classes\portico (*'
            $programs | Should -Not -Exist
        }
    }
}
