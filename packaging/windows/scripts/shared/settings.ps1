# What the scripts are given.

function Get-Setting {
    # What was given: the parameter, else the first of its variables that says something, else ''.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name)
    $texts = @([string] $Given[$Name], [Environment]::GetEnvironmentVariable('PORTICO_' + $Name.ToUpperInvariant()))
    if ($Name -eq 'PortalUrl') {
        $texts += [Environment]::GetEnvironmentVariable('PORTALURL')
    }
    foreach ($text in $texts) {
        # Some RMM tools leave the quotes around a value, texts bring round ones along, and NinjaOne hands over the word null for one that was left empty.
        $bare = ([string] $text).Trim() -replace '(?s)^(?:(\\?["''])(?<in>.*)\1|[\u2018-\u201f\u00ab\u00bb](?<in>.*)[\u2018-\u201f\u00ab\u00bb])$', '${in}'
        if ($bare.Trim() -and $bare.Trim() -ne 'null') {
            return $bare.Trim()
        }
    }
    return ''
}

function Get-Choice {
    # A setting that has to be one of a few words, or ''.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name, [Parameter(Mandatory = $true)] [string[]] $Allowed)
    $flags = @{ '1' = 'yes'; 'true' = 'yes'; 'yes' = 'yes'; 'on' = 'yes'; '0' = 'no'; 'false' = 'no'; 'no' = 'no'; 'off' = 'no' }
    $text = Get-Setting -Name $Name
    if ($Allowed -contains 'yes' -and $flags.ContainsKey($text)) {
        $text = $flags[$text]
    }
    if ($text -and $Allowed -notcontains $text) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be one of: {2}" -f $Name, $text, ($Allowed -join ', '))
    }
    return $text.ToLowerInvariant()
}

function Test-Flag {
    # Whether a switch or its variable is on.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name)
    return (Get-Choice -Name $Name -Allowed @('yes', 'no')) -eq 'yes'
}

function Get-Number {
    # A setting that has to be a whole number within bounds, or the default.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Name, [Parameter(Mandatory = $true)] [int] $Default, [Parameter(Mandatory = $true)] [int] $Maximum)
    $text = Get-Setting -Name $Name
    $number = $Default
    if ($text -and (-not [int]::TryParse($text, [ref] $number) -or $number -lt 0 -or $number -gt $Maximum)) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-{0} is '{1}'; it has to be a whole number from 0 to {2}" -f $Name, $text, $Maximum)
    }
    return $number
}

function Assert-NoStray {
    # A word that belongs to no parameter is a mistake, and is taken for none of them.
    [CmdletBinding()] param()
    $words = @($Stray | Where-Object -FilterScript { ([string] $_).Trim() })
    if ($words.Count -gt 0) {
        Exit-Script -Reason 'InvalidParameter' -Message ("'{0}' belongs to no parameter; -NAME VALUE gives one, and a switch is its name alone or -NAME:`$false" -f $words[0])
    }
}

function Get-PortalUrl {
    # The portal's address by the program's own rule, whole; none where there shall be none. packaging/addresses has the table of
    # what is good, which all tests share.
    [CmdletBinding()] param()
    $text = Get-Setting -Name 'PortalUrl'
    if (-not $text -or $text -eq 'none') {
        return $text.ToLowerInvariant()
    }
    # Nothing that nobody sees, also beyond the first 65,536 characters, and nothing that an address has not.
    $unseen = '[\p{Cc}\p{Cf}\p{Z}\s\u115f\u1160\u17b4\u17b5\u3164\uffa0]|\ud804[\udcbd\udccd]|\ud80d[\udc30-\udc3f]|\ud82f[\udca0-\udca3]|\ud834[\udd73-\udd7a]|\udb40[\udc00-\udc7f]'
    $good = $text.Length -le 4096 -and $text -notmatch ($unseen + '|["<>\\#@]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]') -and
        $text -match '^((?<scheme>https?)://)?(?<name>\[[0-9a-f:.]+\]|[\p{L}\p{Mn}\p{Mc}\p{Nd}.-]+)(:(?<port>[1-9][0-9]{0,4}))?(?<path>/[^?]*)?(?<query>\?.*)?$'
    if ($good) {
        $part = $Matches
        $name = $part['name'].Trim('[', ']')
        $ip = $null
        # By its octets: Windows reads 0177 as an octal number, and the program takes it for no address.
        $isIp = $name -match '^([0-9a-f:]+:)?((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(?=.)|$)){4}$|^[0-9a-f:]+:[0-9a-f:]*$' -and [System.Net.IPAddress]::TryParse($name, [ref] $ip)
        $here = $name -match '^localhost$' -or ($isIp -and [System.Net.IPAddress]::IsLoopback($ip))
        # The local link, also in what a gateway translates, and where a cloud tells its computers about themselves.
        $off = @('metadata.google.internal', 'metadata.goog', 'instance-data.ec2.internal') -contains $name -or
            ($isIp -and [BitConverter]::ToString($ip.GetAddressBytes()) -match '^((00-){10}FF-FF-|00-64-FF-9B-(00-){8})?(A9-FE-..-..$|A8-3F-81-10$)|^FE-[89AB]|^FD-(00-0E-C2|20-00-CE)-(00-){10}02-54$')
        # Without TLS only this computer itself, for trying things out.
        $scheme = $(if ($part['scheme']) { $part['scheme'] } elseif ($here) { 'http' } else { 'https' })
        $ascii = $name
        if ($name -cmatch '[^\x00-\x7f]') {
            # The same characters on every computer, whatever it knows of Unicode: app/portal/address says why these.
            $ascii = ''
            if ($name -cnotmatch ('[\u017f\u034f\u037a\u04c0\u0660-\u0669\u06f0-\u06f9\u10a0-\u10c5\u180b-\u180f\u212a\u2132\u2183\uf900-\uffff]|(^|\.)[-\p{M}\u0e33\u0eb3]|--|-(\.|$)|^(?=.*[LEFT])(.*\.)?[0-9]|' +
                    '(^|\.)(?=[^.]*[LEFT])(?![LEFT]([LEFT0-9-]*(?!\p{M})[LEFT])?(\.|$))').Replace('LEFT', '\u0590-\u08ff')) {
                try {
                    $ascii = (New-Object -TypeName System.Globalization.IdnMapping).GetAscii($name)
                } catch {
                    $ascii = ''
                }
            }
        }
        $good = ($here -or $isIp -or $name -match '^([^.:]+\.)+(?![0-9]+$|0x[0-9a-f]*$)[^.:]+$') -and $name.Contains(':') -eq $part['name'].StartsWith('[') -and
            # No more ways of writing this computer than the package knows.
            ($scheme -eq 'https' -or ($name -match '^(localhost|127\.0\.0\.1|::1)$' -and ($part['port'] -or $part['path'] -or -not $part['query']))) -and
            -not $off -and $ascii -match '^(?=.{1,253}$)[^.]{1,63}(\.[^.]{1,63})*$' -and ($part['scheme'] -or -not $text.Contains('://')) -and
            (-not $part['port'] -or [int] $part['port'] -le 65535) -and [string] $part['path'] -notmatch '%(?![0-9a-f]{2})'
    }
    if (-not $good) {
        Exit-Script -Reason 'InvalidParameter' -Message ("-PortalUrl is '{0}'; it has to be an address like https://portal.example.com, without a person's name, an at sign or #" -f $text)
    }
    return $(if ($part['scheme']) { $text } else { $scheme + '://' + $text }).TrimEnd('/')
}

function ConvertTo-ShortVersion {
    # The first three parts of a version, the ones that Windows Installer compares; $null for what is none.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text)
    $parsed = $null
    $bare = ($Text -split '[-+]')[0] -replace '^([0-9]+)$', '$1.0'
    if (-not [Version]::TryParse($bare, [ref] $parsed)) {
        return $null
    }
    return New-Object -TypeName System.Version -ArgumentList $parsed.Major, $parsed.Minor, ([Math]::Max($parsed.Build, 0))
}

function ConvertTo-PlainPortal {
    # A portal in the one form in which two can be compared: none is as good as no answer.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowNull()] [AllowEmptyString()] [string] $Text)
    return ([string] $Text).TrimEnd('/') -replace '^none$', ''
}
