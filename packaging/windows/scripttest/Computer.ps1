# A Windows computer for the Pester tests, made of stand-ins: registry, msiexec, signatures, downloads, processes, rights. Files
# and links are real. A script is run as it is, but for the few functions that ask Windows itself, which are those below.

$StandIn = @('Test-Windows', 'Get-Width', 'Test-Administrator', 'Get-SystemFolder', 'Test-OwnedByAdministrator', 'Protect-Folder', 'Open-Machine',
    'Start-PowerShell', 'Wait-WindowsInstaller', 'Start-Msiexec', 'Get-Maker', 'Read-MsiTable')
$UpgradeCode = '{48346913-819A-4C89-B928-1861AD61583D}'
$Software = 'SOFTWARE\Microsoft\Windows\CurrentVersion'

class FakeKey {
    [string] $Path
    [string] $View
    FakeKey([string] $path, [string] $view) { $this.Path = $path; $this.View = $view }
    # Both views have one Classes, one SYSTEM and one record of Windows Installer.
    [object] Store([string] $whole) {
        if ($this.View -eq 'Registry64' -or $whole -match '^(SYSTEM|SOFTWARE\\Classes|SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer)(\\|$)') { return $global:World.Registry }
        return $global:World.Registry32
    }
    [string] Whole([string] $name) { return ($this.Path + '\' + $name).Trim('\') }
    [object] OpenSubKey([string] $name) {
        $whole = $this.Whole($name)
        if ($global:World.Unreadable -eq $whole) { throw 'Requested registry access is not allowed.' }
        if ($this.Store($whole).Contains($whole)) { return [FakeKey]::new($whole, $this.View) }
        return $null
    }
    [object] OpenSubKey([string] $name, [bool] $writable) { return $this.OpenSubKey($name) }
    [string[]] GetValueNames() { return @($this.Store($this.Path)[$this.Path].GetEnumerator() | ForEach-Object { $_.Key }) }
    [string[]] GetSubKeyNames() {
        $from = $this.Path + '\'
        return @($this.Store($this.Path).Keys | Where-Object { $_.StartsWith($from, [StringComparison]::OrdinalIgnoreCase) -and $_.Substring($from.Length) -notmatch '\\' } | ForEach-Object { $_.Substring($from.Length) })
    }
    [object] GetValue([string] $name, [object] $default, [object] $options) {
        $values = $this.Store($this.Path)[$this.Path]
        if ($values.ContainsKey($name)) { return $values[$name] }
        return $default
    }
    [object] GetValueKind([string] $name) { return 'ExpandString' }
    [void] SetValue([string] $name, [object] $value, [object] $kind) { $this.Store($this.Path)[$this.Path][$name] = $value }
    [void] DeleteValue([string] $name, [bool] $throws) { $this.Store($this.Path)[$this.Path].Remove($name) }
    [void] DeleteSubKeyTree([string] $name, [bool] $throws) {
        $whole = $this.Whole($name)
        $store = $this.Store($whole)
        if ($global:World.Refused -eq $whole) { throw 'Requested registry access is not allowed.' }
        foreach ($key in @($store.Keys | Where-Object { $_ -eq $whole -or $_.StartsWith($whole + '\', [StringComparison]::OrdinalIgnoreCase) })) { $store.Remove($key) }
        $global:World.Deleted += $whole
    }
    [void] Dispose() { }
}

function New-World {
    # A new computer without Portico. Its folders are real ones below the root.
    param([string] $Root)
    $null = New-Item -ItemType Directory -Path $Root -Force
    $folders = @{}
    foreach ($name in @('ProgramFiles', 'ProgramFilesX86', 'CommonProgramFiles', 'CommonApplicationData', 'CommonPrograms', 'CommonDesktopDirectory', 'Windows')) {
        $folders[$name] = Join-Path -Path $Root -ChildPath $name
        $null = New-Item -ItemType Directory -Path $folders[$name] -Force
    }
    $global:World = @{
        Root = $Root; Scripts = $Root; Folder = $folders; Windows = $true; Administrator = $true; Width = @{ System = 64; Process = 64 }
        Registry = New-Object -TypeName System.Collections.Specialized.OrderedDictionary -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
        Registry32 = New-Object -TypeName System.Collections.Specialized.OrderedDictionary -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
        Refused = ''; Unreadable = ''; Deleted = @(); Foreign = @(); Protected = @()
        Waits = @(); Runs = @(); Msiexec = $null; Slept = 0; Until = 99; Open = $null; Held = $false; Deaf = $false
        Msi = @{ ProductName = 'Portico'; ProductVersion = '1.0.0'; ProductCode = '{11111111-1111-1111-1111-111111111111}'; UpgradeCode = $UpgradeCode }
        Signature = 'NotSigned'; Signer = $null; Download = $null; Guid = ''; Processes = @(); Stopped = @()
    }
    Set-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment' -Value @{ Path = 'C:\Windows' }
    foreach ($name in @([Environment]::GetEnvironmentVariables().Keys) -match '^(PORTICO_(?!PWSH|PESTER)|PORTALURL)') { [Environment]::SetEnvironmentVariable($name, $null) }
}

function Set-Key {
    # Makes a key with all above it, and sets values.
    param([string] $Path, [hashtable] $Value = @{}, [string] $View = 'Registry64')
    $store = [FakeKey]::new('', $View).Store($Path)
    $way = ''
    foreach ($part in $Path.Split('\')) {
        $way = ($way + '\' + $part).Trim('\')
        if (-not $store.Contains($way)) { $store[$way] = @{} }
    }
    foreach ($one in $Value.GetEnumerator()) { $store[$Path][$one.Key] = $one.Value }
}

function Get-Key { param([string] $Path, [string] $View = 'Registry64') return [FakeKey]::new('', $View).Store($Path)[$Path] }

function Pack { param([string] $Guid) return -join (($Guid -replace '[{}-]', '') -replace '^(.{8})(.{4})(.{4})(.{16})$', '$1 $2 $3 $4' -split ' ' | ForEach-Object -Begin { $n = 0 } -Process { $n++; $size = $(if ($n -eq 4) { 2 } else { $_.Length }); for ($i = 0; $i -lt $_.Length; $i += $size) { $group = $_.Substring($i, $size).ToCharArray(); [Array]::Reverse($group); -join $group } }).ToUpperInvariant() }

function New-File {
    # A real file; its text is what the stand-ins know it by.
    param([string] $Path, [string] $Text = 'Portico contributors')
    $null = New-Item -ItemType Directory -Path (Split-Path -Path $Path -Parent) -Force
    [System.IO.File]::WriteAllText($Path, $Text)
}

function New-Msi {
    # Something that begins as an MSI does.
    param([string] $Path = (Join-Path -Path $World.Root -ChildPath 'portico-1.0.0-x64.msi'), [int] $Size = 4096)
    $bytes = New-Object -TypeName 'byte[]' -ArgumentList $Size
    [byte[]] (0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1) | ForEach-Object -Begin { $i = 0 } -Process { if ($i -lt $Size) { $bytes[$i] = $_ }; $i++ }
    [System.IO.File]::WriteAllBytes($Path, $bytes)
    return $Path
}

function New-Signer {
    # Somebody's certificate, as far as the scripts look at it.
    $signer = [pscustomobject] @{ Subject = 'CN=Contoso IT, O=Contoso, C=DE'; Thumbprint = 'A' * 40 }
    Add-Member -InputObject $signer -MemberType ScriptMethod -Name GetNameInfo -Value { param($Type, $Issuer) 'Contoso IT' }
    return $signer
}

function Add-Portico {
    # What the MSI writes: files, record, registry.
    param([string] $Version = '1.0.0', [string] $Code = '{11111111-1111-1111-1111-111111111111}', [string] $Folder = (Join-Path -Path $World.Folder.ProgramFiles -ChildPath 'Portico'), [string] $Portal = '', [string[]] $Without = @())
    $packed = Pack -Guid $Code
    $facts = @{ DisplayName = 'Portico'; Publisher = 'Portico contributors'; DisplayVersion = $Version; InstallLocation = $Folder }
    if ($Without -notcontains 'Entry') { Set-Key -Path "$Software\Uninstall\$Code" -Value $facts }
    if ($Without -notcontains 'Products') {
        Set-Key -Path "SOFTWARE\Classes\Installer\Products\$packed" -Value @{ ProductName = 'Portico' }
        Set-Key -Path "SOFTWARE\Classes\Installer\Features\$packed"
        Set-Key -Path "$Software\Installer\UserData\S-1-5-18\Products\$packed\InstallProperties" -Value $facts
    }
    foreach ($path in @("$Software\Installer\UpgradeCodes", 'SOFTWARE\Classes\Installer\UpgradeCodes')) {
        if ($Without -notcontains 'UpgradeCodes') { Set-Key -Path "$path\$PackedUpgradeCode" -Value @{ $packed = '' } }
    }
    foreach ($name in @('portico.exe', 'portico-agent.exe', 'porticoctl.exe' | Where-Object { $Without -notcontains $_ })) { New-File -Path (Join-Path -Path $Folder -ChildPath $name) }
    New-File -Path (Join-Path -Path $Folder -ChildPath 'LICENSE.txt') -Text "`n      Apache License`n"
    New-File -Path (Join-Path -Path $Folder -ChildPath 'THIRD-PARTY-NOTICES.txt') -Text 'Portico is licensed under the Apache License 2.0; see LICENSE.'
    Set-Key -Path "$Software\Run" -Value @{ Portico = ('"{0}" --autostart' -f (Join-Path -Path $Folder -ChildPath 'portico-agent.exe')) }
    Set-Key -Path 'SOFTWARE\Classes\portico\shell\open\command' -Value @{ '' = ('"{0}" "%1"' -f (Join-Path -Path $Folder -ChildPath 'portico.exe')) }
    Set-Key -Path 'SOFTWARE\Portico' -Value @{ InstallDir = $Folder; PortalUrl = $Portal; Autostart = ''; DesktopShortcut = ''; StartMenu = '' }
    Set-Key -Path 'SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico' -Value @{ EventMessageFile = '%SystemRoot%\System32\EventCreate.exe'; CustomSource = 1 }
    $environment = Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    if ($environment['Path'].Split(';') -notcontains $Folder) { $environment['Path'] += ';' + $Folder }
    New-Shortcut -Target (Join-Path -Path $Folder -ChildPath 'portico.exe')
}

function Remove-Portico {
    # What the removal of a whole product takes away.
    param([string] $Code = '{11111111-1111-1111-1111-111111111111}')
    $packed = Pack -Guid $Code
    $folder = [string] (Get-Key -Path "$Software\Installer\UserData\S-1-5-18\Products\$packed\InstallProperties")['InstallLocation']
    $root = [FakeKey]::new('', 'Registry64')
    foreach ($path in @("$Software\Uninstall\$Code", "SOFTWARE\Classes\Installer\Products\$packed", "SOFTWARE\Classes\Installer\Features\$packed", "$Software\Installer\UserData\S-1-5-18\Products\$packed", 'SOFTWARE\Portico', 'SOFTWARE\Classes\portico', 'SYSTEM\CurrentControlSet\Services\EventLog\Application\Portico')) { $root.DeleteSubKeyTree($path, $false) }
    foreach ($path in @("$Software\Installer\UpgradeCodes", 'SOFTWARE\Classes\Installer\UpgradeCodes')) {
        if ($World.Registry.Contains("$path\$PackedUpgradeCode")) { $World.Registry["$path\$PackedUpgradeCode"].Remove($packed) }
    }
    if ($World.Registry.Contains("$Software\Run")) { (Get-Key -Path "$Software\Run").Remove('Portico') }
    $environment = Get-Key -Path 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    $environment['Path'] = @($environment['Path'].Split(';') | Where-Object { $_ -ne $folder }) -join ';'
    if ($folder) { Remove-Item -LiteralPath $folder -Recurse -Force -ErrorAction SilentlyContinue }
    Remove-Item -Path (Join-Path -Path $World.Folder.CommonPrograms -ChildPath 'Portico.lnk') -Force -ErrorAction SilentlyContinue
    $World.Deleted = @()
}

function New-Shortcut {
    param([string] $Target, [string] $In = 'CommonPrograms')
    $bytes = [byte[]] (0x4C, 0, 0, 0) + [System.Text.Encoding]::Unicode.GetBytes([string] [char] 0 + $Target + [char] 0)
    [System.IO.File]::WriteAllBytes((Join-Path -Path $World.Folder[$In] -ChildPath 'Portico.lnk'), $bytes)
}

$PackedUpgradeCode = Pack -Guid $UpgradeCode

# The stand-ins themselves, where a script finds them that has not its own.
function Test-Windows { return $World.Windows }
function Get-Width { return $World.Width }
function Test-Administrator { return $World.Administrator }
function Get-SystemFolder { param($Name) return [string] $World.Folder[$Name] }
function Test-OwnedByAdministrator { param($Path) return $World.Foreign -notcontains $Path }
function Protect-Folder { param($Path) $World.Protected += $Path }
function Open-Machine { param($View = 'Registry64') return $World.Key.Invoke('', $View) }
function Start-PowerShell { param($Arguments) $World.Shell = @{ Arguments = $Arguments; Environment = [Environment]::GetEnvironmentVariables() }; $global:LASTEXITCODE = 3010 }
function Get-Maker { param($Path) return [System.IO.File]::ReadAllText($Path) }
function Read-MsiTable { param($Path) if ($World.Msi -is [string]) { throw $World.Msi }; return $World.Msi }
function Wait-WindowsInstaller {
    param($Until)
    # Each wait is what happens meanwhile.
    if ($World.Waits.Count -gt 0) {
        $now, $rest = $World.Waits
        $World.Waits = @($rest | Where-Object { $_ })
        return & $now
    }
    return $true
}
function Start-Msiexec {
    param($Arguments, $Minutes, [switch] $Confirm)
    $World.Runs += $Arguments
    if ($World.Runs.Count -gt 9) { throw 'msiexec is run again and again.' }
    $ended = & $World.Msiexec $Arguments
    # What the MSI remembers of its command line.
    foreach ($told in [regex]::Matches($Arguments, ' (PORTALURL|AUTOSTART|DESKTOPSHORTCUT|STARTMENU)="([^"]*)"')) {
        if (-not $World.Deaf -and @(0, 3010, 1641) -contains $ended -and $World.Registry.Contains('SOFTWARE\Portico')) {
            (Get-Key -Path 'SOFTWARE\Portico')[@{ PORTALURL = 'PortalUrl'; AUTOSTART = 'Autostart'; DESKTOPSHORTCUT = 'DesktopShortcut'; STARTMENU = 'StartMenu' }[$told.Groups[1].Value]] = $told.Groups[2].Value
        }
    }
    return $ended
}
function Get-AuthenticodeSignature { param($LiteralPath) return [pscustomobject] @{ Status = $World.Signature; SignerCertificate = $World.Signer } }
function Invoke-WebRequest {
    param($Uri, $OutFile, [switch] $UseBasicParsing, $TimeoutSec)
    $World.DownloadedTo = $OutFile
    & $World.Download $OutFile
}
function Get-Process { param($Name) return $World.Processes }
function Stop-Process { param($Id, [switch] $Force) $World.Stopped += $Id }
function Wait-Process { param($Id, $Timeout) }
function New-Guid { if ($World.Guid) { return [Guid] $World.Guid }; return [Guid]::NewGuid() }
function Start-Sleep { param($Seconds) $World.Slept += $Seconds; if ($World.Slept -ge $World.Until) { $World.Open.Dispose() } }

$Derived = @{}
function Copy-Script {
    # A script without the functions that stand-ins take the place of.
    param([string] $Name)
    if (-not $Derived.ContainsKey($Name)) {
        $text = [System.IO.File]::ReadAllText((Join-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -ChildPath $Name))
        $tree = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null)
        $functions = $tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] -and $StandIn -contains $node.Name }, $true)
        foreach ($one in @($functions | Sort-Object -Property { $_.Extent.StartOffset } -Descending)) { $text = $text.Remove($one.Extent.StartOffset, $one.Extent.EndOffset - $one.Extent.StartOffset) }
        $Derived[$Name] = $text
    }
    $copy = Join-Path -Path $World.Scripts -ChildPath $Name
    $null = New-Item -ItemType Directory -Path $World.Scripts -Force
    [System.IO.File]::WriteAllText($copy, $Derived[$Name])
    return $copy
}

function Invoke-Script {
    # Runs a script on this computer: its code, output and errors.
    param([string] $Name, [hashtable] $With = @{}, [object[]] $Words = @())
    $copy = Copy-Script -Name $Name
    $global:LASTEXITCODE = $null
    $World.Key = { param($path, $view) return [FakeKey]::new($path, $view) }
    $all = @(& $copy @With @Words *>&1)
    $log = Join-Path -Path $World.Folder.CommonApplicationData -ChildPath ('Portico/Logs/' + ($Name -replace '\.ps1$', '.log'))
    return [pscustomobject] @{
        Code   = $LASTEXITCODE
        Output = @($all | Where-Object { $_ -is [string] }) -join "`n"
        Error  = @($all | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { $_.Exception.Message }) -join "`n"
        Errors = @($all | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        Log    = $(if ((Test-Path -LiteralPath $log -PathType Leaf) -and -not $World.Held) { [System.IO.File]::ReadAllText($log) } else { '' })
    }
}
