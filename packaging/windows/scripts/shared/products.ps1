# The registry, and Windows Installer's records of Portico in it.

function ConvertTo-PackedGuid {
    # A GUID as Windows Installer names its keys: no braces, each group backwards.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Guid)
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
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Packed)
    return '{' + ((ConvertTo-PackedGuid -Guid $Packed) -replace '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '$1-$2-$3-$4-$5') + '}'
}

function Open-Machine {
    # HKEY_LOCAL_MACHINE, in one of its two views.
    [CmdletBinding()] param([string] $View = 'Registry64')
    return [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $View)
}

function Read-Key {
    # A key below HKEY_LOCAL_MACHINE: its values by name, as they are written, their names, and the names of the keys in it; empty
    # where there is none. What asks a hashtable for its Keys or Count gets a value that is named so.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Path, [string] $View = 'Registry64')
    $read = @{ There = $false; Keys = @(); Names = @(); Value = @{} }
    $machine = Open-Machine -View $View
    # Windows says that something may not be read, and not what.
    try { $key = $machine.OpenSubKey($Path) } catch { throw ('HKLM\{0} cannot be read: {1}' -f $Path, (Get-Sentence -Failure $_)) }
    if ($null -ne $key) {
        $read.There = $true
        $read.Keys = @($key.GetSubKeyNames())
        $read.Names = @($key.GetValueNames())
        foreach ($name in $read.Names) {
            $read.Value[$name] = $key.GetValue($name, '', 'DoNotExpandEnvironmentNames')
        }
        $key.Dispose()
    }
    $machine.Dispose()
    return $read
}

function Get-LostCode {
    # The product codes of halves of a record that only name and maker, or name and package, tell to be ours.
    [CmdletBinding()] param()
    $classes = 'SOFTWARE\Classes\Installer\Products'
    foreach ($packed in @(@((Read-Key -Path ($UserDataPath + '\Products')).Keys) + (Read-Key -Path $classes).Keys) -match '^[0-9A-Fa-f]{32}$') {
        try {
            $facts = (Read-Key -Path ($UserDataPath + '\Products\' + $packed + '\InstallProperties')).Value
            $package = [string] (Read-Key -Path ($classes + '\' + $packed + '\SourceList')).Value['PackageName']
            $named = (Read-Key -Path ($classes + '\' + $packed)).Value['ProductName'] -eq $Product.Name
            if (($facts['DisplayName'] -eq $Product.Name -and $facts['Publisher'] -eq $Product.Manufacturer) -or ($named -and $package -match '^portico-.*-x64\.msi$')) {
                ConvertFrom-PackedGuid -Packed $packed
            }
        } catch {
            Write-Log -Message ('A record is passed over: {0}' -f (Get-Sentence -Failure $_))
        }
    }
}

function Get-InstalledProduct {
    # Every Portico of which Windows Installer has a record, by upgrade code, and by name where that trace was lost. Known is one that
    # it can still remove; Entry, whether it is in Apps & Features.
    [CmdletBinding()] param()
    $packed = ConvertTo-PackedGuid -Guid $Product.UpgradeCode
    $codes = @(Get-LostCode)
    foreach ($path in $UpgradeCodePath) {
        $names = @((Read-Key -Path ($path + '\' + $packed)).Names) -match '^[0-9A-Fa-f]{32}$'
        $codes += @($names | ForEach-Object -Process { ConvertFrom-PackedGuid -Packed $_ })
    }
    $entries = @{}
    foreach ($view in @('Registry64', 'Registry32')) {
        foreach ($name in @((Read-Key -Path $UninstallPath -View $view).Keys) -match '^\{[0-9A-Fa-f-]{36}\}$') {
            try {
                $entry = (Read-Key -Path ($UninstallPath + '\' + $name) -View $view).Value
            } catch {
                # Some makers let nobody read theirs.
                Write-Log -Message ('An entry is passed over: {0}' -f (Get-Sentence -Failure $_))
                continue
            }
            $entries[$name] = $entry
            if ($entry['DisplayName'] -eq $Product.Name -and $entry['Publisher'] -eq $Product.Manufacturer) {
                $codes += $name.ToUpperInvariant()
            }
        }
    }
    foreach ($code in @($codes | Sort-Object -Unique)) {
        $packed = ConvertTo-PackedGuid -Guid $code
        $known = (Read-Key -Path ('SOFTWARE\Classes\Installer\Products\' + $packed)).There -and (Read-Key -Path ($UserDataPath + '\Products\' + $packed)).There
        $facts = (Read-Key -Path ($UserDataPath + '\Products\' + $packed + '\InstallProperties')).Value
        if ($entries.ContainsKey($code)) {
            $facts = $entries[$code]
        }
        New-Object -TypeName PSObject -Property @{
            ProductCode = $code
            Version     = [string] $facts['DisplayVersion']
            Folder      = [string] $facts['InstallLocation']
            Known       = $known
            Entry       = $entries.ContainsKey($code)
        }
    }
}

function Get-Remembered {
    # What the MSI has written down of its properties, by name of the value.
    [CmdletBinding()] param()
    return (Read-Key -Path $Product.SettingsKey).Value
}

function Get-Defect {
    # Why an installation is not whole, '' where it is.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [PSObject] $Installed)
    if (-not $Installed.Known) {
        return 'of {0} only a trace is left in the registry' -f $Installed.ProductCode
    }
    if (-not $Installed.Entry) {
        return '{0} has no entry in Apps & Features' -f $Installed.ProductCode
    }
    if ($null -eq (ConvertTo-ShortVersion -Text $Installed.Version)) {
        return "its version is '{0}', which cannot be read" -f $Installed.Version
    }
    $folder = $Installed.Folder
    if (-not $folder) {
        $folder = [string] (Get-Remembered)['InstallDir']
    }
    foreach ($name in $ProgramName) {
        # Join-Path would fail where the drive is not there any more.
        $program = [System.IO.Path]::Combine($folder, $name + '.exe')
        if (-not $folder -or -not [System.IO.File]::Exists($program)) {
            return "there is no {0}.exe in '{1}'" -f $name, $folder
        }
        if ((New-Object -TypeName System.IO.FileInfo -ArgumentList $program).Length -eq 0) {
            return '{0} is empty' -f $program
        }
    }
    return ''
}
