# What is on a computer of Portico, and what is another maker's.

function Get-ProgramFolder {
    # The folders in which Portico's own records say that its programs are. Anybody may have written InstallDir: it counts with a
    # program of ours in it.
    [CmdletBinding()] param()
    $told = ([string] (Get-Remembered)['InstallDir']).TrimEnd('\')
    $path = $told + [System.IO.Path]::DirectorySeparatorChar
    $ours = @($ProgramName | Where-Object -FilterScript { [System.IO.File]::Exists($path + $_ + '.exe') -and (Get-Maker -Path ($path + $_ + '.exe')) -eq $Product.Manufacturer })
    $named = @(Get-InstalledProduct | ForEach-Object -Process { $_.Folder }) + @($ours | ForEach-Object -Process { $told })
    return @($named | Where-Object -FilterScript { $_ } | ForEach-Object -Process { $_.TrimEnd('\') } | Sort-Object -Unique)
}

function Get-UsualFolder {
    # Where the programs are when nothing else was said.
    [CmdletBinding()] param()
    return Join-Path -Path (Get-SystemFolder -Name 'ProgramFiles') -ChildPath $Product.Name
}

function Test-OurProgram {
    # Whether a text names one of our programs: by its maker, and for one that is broken or gone by the folder, which a record has to
    # name. Nobody else can be meant by a program in the usual folder when that folder is not there.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text, [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    $usual = Get-UsualFolder
    foreach ($found in [regex]::Matches($Text, '(?i)((?:[A-Z]:\\|/)[^\x00-\x1f"<>|?*:;]*)[\\/](portico|portico-agent|porticoctl)\.exe')) {
        $maker = $(if ([System.IO.File]::Exists($found.Value)) { Get-Maker -Path $found.Value } else { '' })
        $folder = $found.Groups[1].Value
        $known = $Recorded -contains $folder -or ($folder -eq $usual -and -not [System.IO.Directory]::Exists($usual))
        if ($maker -eq $Product.Manufacturer -or (-not $maker -and $known)) {
            return $true
        }
    }
    return $false
}

function New-Trace {
    # Something of Portico's name, and whether it is Portico's.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Kind, [Parameter(Mandatory = $true)] [string] $Path, [string] $Name = '', [bool] $Ours = $true, [string] $View = 'Registry64', [string] $Root = '')
    $what = $(if (@('Key', 'EmptyKey', 'Value') -contains $Kind) { 'HKLM\' + $Path } else { $Path }) + $(if ($Name) { ', ' + $Name } else { '' })
    return New-Object -TypeName PSObject -Property @{ Kind = $Kind; Path = $Path; Name = $Name; Ours = $Ours; View = $View; Root = $Root; What = $what }
}

function Get-FileTrace {
    # The files that the package puts into a folder, and the folder.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Folder, [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    # Without a look at the drive first Join-Path would fail where it is not there any more.
    if (-not [System.IO.Directory]::Exists($Folder)) {
        return
    }
    $ours = $Recorded -contains $Folder
    foreach ($path in @($ProgramName | ForEach-Object -Process { Join-Path -Path $Folder -ChildPath ($_ + '.exe') } | Where-Object -FilterScript { [System.IO.File]::Exists($_) })) {
        $own = Test-OurProgram -Text $path -Recorded $Recorded
        $ours = $ours -or $own
        New-Trace -Kind 'File' -Path $path -Ours $own
    }
    # Words of ours in it, beside our programs: a text with such a name may be anybody's.
    foreach ($text in @(@('LICENSE.txt', 'Apache License'), @('THIRD-PARTY-NOTICES.txt', 'Portico is licensed under'))) {
        $path = Join-Path -Path $Folder -ChildPath $text[0]
        if ([System.IO.File]::Exists($path)) {
            New-Trace -Kind 'File' -Path $path -Ours ($ours -and (@(Get-Content -LiteralPath $path -TotalCount 3) -join ' ').Contains($text[1]))
        }
    }
    New-Trace -Kind 'EmptyFolder' -Path $Folder -Ours $ours
}

function Get-Trace {
    # What is on this computer of a Portico, apart from Windows Installer's record, policies, people's data and logs; each thing with
    # the answer whether it is ours, since other makers may use the name.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Recorded)
    $usual = Get-UsualFolder
    foreach ($folder in @(@($usual) + $Recorded | Sort-Object -Unique)) {
        Get-FileTrace -Folder $folder -Recorded $Recorded
    }
    foreach ($entry in ([string] (Read-Key -Path $EnvironmentKey).Value['Path']).Split(';')) {
        $folder = [Environment]::ExpandEnvironmentVariables($entry.Trim().Trim('"')).TrimEnd('\')
        $own = $folder -and (Test-OurProgram -Text (@($ProgramName | ForEach-Object -Process { [System.IO.Path]::Combine($folder, $_ + '.exe') }) -join ';') -Recorded $Recorded)
        if ($own -or $folder -eq $usual) {
            New-Trace -Kind 'Path' -Path 'PATH' -Name $entry -Ours $own
        }
    }
    foreach ($place in @('CommonPrograms', 'CommonDesktopDirectory')) {
        $path = [System.IO.Path]::Combine((Get-SystemFolder -Name $place), 'Portico.lnk')
        if ([System.IO.File]::Exists($path)) {
            # A link has its target in one of these, at an even place or an odd one.
            $bytes = [System.IO.File]::ReadAllBytes($path)
            $texts = [System.Text.Encoding]::Default.GetString($bytes), [System.Text.Encoding]::Unicode.GetString($bytes), [System.Text.Encoding]::Unicode.GetString(@(0) + $bytes)
            New-Trace -Kind 'File' -Path $path -Ours (Test-OurProgram -Text ($texts -join '"') -Recorded $Recorded)
        }
    }
    # The program that a line starts: another maker's may name ours as an argument.
    $started = '(?is)^\s*("[^"]*"|.*?\.exe).*$'
    $run = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
    $line = (Read-Key -Path $run).Value[$Product.RunValue]
    if ($null -ne $line) {
        New-Trace -Kind 'Value' -Path $run -Name $Product.RunValue -Ours (Test-OurProgram -Text ([string] $line -replace $started, '$1') -Recorded $Recorded)
    }
    $class = 'SOFTWARE\Classes\portico'
    if ((Read-Key -Path $class).There) {
        # Who has taken the links over may have left our icon; it tells only where nothing is started.
        $lines = @('\shell\open\command', '\DefaultIcon' | ForEach-Object -Process { (Read-Key -Path ($class + $_)).Value[''] } | Where-Object -FilterScript { $_ }) + ''
        New-Trace -Kind 'Key' -Path $class -Ours (Test-OurProgram -Text ([string] $lines[0] -replace $started, '$1') -Recorded $Recorded)
    }
    # The package writes three of these at least. Anybody may use such names: they are ours with a record, or with our programs.
    $told = Read-Key -Path $Product.SettingsKey
    $names = @('InstallDir', 'PortalUrl', 'Autostart', 'DesktopShortcut', 'StartMenu', 'StartMenuIcon', 'DesktopIcon' | Where-Object -FilterScript { $told.Value.ContainsKey($_) })
    $program = ([string] $told.Value['InstallDir']).TrimEnd('\') + [System.IO.Path]::DirectorySeparatorChar + 'portico.exe'
    $own = $names.Count -ge 3 -and (@(Get-InstalledProduct).Count -gt 0 -or (Test-OurProgram -Text $program -Recorded $Recorded))
    if ($told.There) {
        foreach ($name in @($names | Where-Object -FilterScript { $own })) {
            New-Trace -Kind 'Value' -Path $Product.SettingsKey -Name $name
        }
        New-Trace -Kind 'EmptyKey' -Path $Product.SettingsKey -Ours $own
    }
    # eventcreate makes the same key for anybody.
    $source = 'SYSTEM\CurrentControlSet\Services\EventLog\Application\' + $Product.EventSource
    $values = Read-Key -Path $source
    if ($values.There) {
        $alike = [string] $values.Value['EventMessageFile'] -like '*\EventCreate.exe' -and $values.Value['CustomSource'] -eq 1
        New-Trace -Kind 'Key' -Path $source -Ours ($alike -and ($own -or $Recorded.Count -gt 0))
    }
}
