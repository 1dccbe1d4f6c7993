<#
.SYNOPSIS
    Registers Portico in Microsoft Entra ID with the Azure CLI: a public client without a secret.

.DESCRIPTION
    Does the same as register-app.sh. It finds the registration, changes only what differs, says what that was, and leaves what
    others have added. It may be run again and again. WhatIf says what would be changed and changes nothing.

    The provider's lines for the manifest are its output; everything else is information for people. Needs az, signed in with
    "az login" by somebody who may register applications.

.PARAMETER Name
    The registration's name.

.PARAMETER AppId
    The Application (client) ID of the registration to change, instead of finding it by its name.

.PARAMETER MultiTenant
    Accounts of every organisation, not of this directory alone. A registration that allows them already stays so without it.

.PARAMETER DeviceCodes
    Also allows "porticoctl login --device" (public client flows).

.PARAMETER ConsentRedirect
    An https page of yours where an administrator ends after consenting.

.PARAMETER AssignmentRequired
    Only people and groups that are assigned may sign in.

.PARAMETER AdminConsent
    Consents for everybody in this directory now.

.EXAMPLE
    ./register-app.ps1 -WhatIf

    Says what would be registered or changed.

.EXAMPLE
    ./register-app.ps1 -MultiTenant -ConsentRedirect https://portal.example.com/thanks

    One registration for all customers.

.NOTES
    Windows PowerShell 5.1 or PowerShell 7 on Windows, Linux and macOS.

    Exit codes:
    0 Success: Done, or nothing was to be done.
    1 NotStarted: PowerShell itself did not run the script: it may not, does not find it, or does not accept a parameter.
    2 FileNotFound: There is no MSI at the place, or more than one beside the script; for register-app, no az.
    31 GeneralFailure: az refused something.
    87 InvalidParameter: A parameter or variable has a value that cannot be used, or a word belongs to none; the message names it.
    1625 ForbiddenByPolicy: A policy of the computer forbids the installation, or PowerShell runs in constrained language mode.

.LINK
    https://github.com/portico-desktop/portico
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true, PositionalBinding = $false)]
param(
    [string] $Name = 'Portico',
    [string] $AppId = '',
    [switch] $MultiTenant,
    [switch] $DeviceCodes,
    [string] $ConsentRedirect = '',
    [switch] $AssignmentRequired,
    [switch] $AdminConsent,
    [Parameter(ValueFromRemainingArguments = $true, DontShow = $true)] [string[]] $Stray = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What it may end with: packaging/windows/exit-codes.json says what each means.
$ExitCode = @{
    Success = 0; FileNotFound = 2; GeneralFailure = 31; InvalidParameter = 87; ForbiddenByPolicy = 1625
}
# Before anything that this mode does not allow, such as calling methods.
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Error -ErrorAction Continue -Message 'PowerShell runs in constrained language mode here. Allow this script in AppLocker or App Control, and start it with -Command "& ...; exit $LASTEXITCODE" (not with -File).'
    exit $ExitCode.ForbiddenByPolicy
}

$ScriptName = 'register-app.ps1'
$InformationPreference = 'Continue'
$GraphAppId = '00000003-0000-0000-c000-000000000000'
# Microsoft Graph's delegated permissions openid, email, profile and offline_access.
$Permission = @('37f7f235-527c-4136-accd-4a02d197296e', '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0', '14dad69e-099b-42c9-810b-d002981feec1', '7427e0e9-2fba-42fe-b0c0-848c9e6a8182')
# The one claim that Portico reads and that tokens of version 2 have only on request.
$Claim = 'given_name'
$Redirect = 'http://localhost'
# The clouds, by their Microsoft Graph.
$Cloud = @{
    'https://graph.microsoft.com'             = @{ Preset = 'microsoft-entra'; Login = 'https://login.microsoftonline.com' }
    'https://graph.microsoft.us'              = @{ Preset = 'microsoft-entra-us-government'; Login = 'https://login.microsoftonline.us' }
    'https://dod-graph.microsoft.us'          = @{ Preset = 'microsoft-entra-us-government'; Login = 'https://login.microsoftonline.us' }
    'https://microsoftgraph.chinacloudapi.cn' = @{ Preset = 'microsoft-entra-china'; Login = 'https://login.partner.microsoftonline.cn' }
}
$IdPattern = '^(?![0-]+$)[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'
# What nothing that is said may hold: before an @ can be a password, and after the ? of an address a key.
$Secret = '(?s)(?<=^[^''"]*[''"]).*(?=@)|[^\s''"]+(?=@)|(?<=//[^?\s]*\?)[^\s''"]+'
# What there is to know after a failure: the registration that is there by then.
$script:Registered = ''
$script:Code = $null # what the script ends with

function Exit-Register {
    # Ends the script: the sentence for people on the error stream, the code for machines.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Reason, [Parameter(Mandatory = $true)] [string] $Message)
    $line = ('{0}: {1}{2} (exit code {3}, {4})' -f $ScriptName, $Message, $script:Registered, $ExitCode[$Reason], $Reason) -replace $Secret, '***' -replace '\s+', ' '
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList (New-Object -TypeName System.Exception -ArgumentList $line), $Reason, 'NotSpecified', $null
    # PowerShell shows an error of this id as its sentence alone, without the place in the script.
    Add-Member -InputObject $record -MemberType NoteProperty -Name FullyQualifiedErrorId -Value 'NativeCommandErrorMessage' -Force
    $ErrorActionPreference = 'Continue'
    $PSCmdlet.WriteError($record)
    $script:Code = $ExitCode[$Reason]
    throw 'The script ends here.'
}

function Get-GivenText {
    # What somebody means by a parameter: without the blanks and the one pair of quotes that
    # other programs leave around it. They write null for nothing.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text)
    $bare = $Text.Trim() -replace '^(?:(\\?["''])(?<in>.*)\1|[\u2018-\u201f\u00ab\u00bb](?<in>.*)[\u2018-\u201f\u00ab\u00bb])$', '${in}'
    return $bare.Trim() -replace '^null$', ''
}

function Get-Field {
    # A member of an object that was read from JSON, $null where there is none. Strict mode
    # does not forgive the plain way.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowNull()] [object] $From, [Parameter(Mandatory = $true)] [string] $Path)
    $value = $From
    foreach ($part in $Path.Split('.')) {
        if ($null -eq $value) {
            return $null
        }
        $member = $value.PSObject.Properties[$part]
        if ($null -eq $member) {
            return $null
        }
        $value = $member.Value
    }
    return $value
}

function Read-Az {
    # Asks az for something; its answer as text, which has to be JSON of that type (an array of objects), and of the registration AppId. Of the type
    # any there may be none. az's own words go to standard error.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [string] $Type, [Parameter(Mandatory = $true)] [string[]] $Arguments, [string] $AppId = '')
    # Windows PowerShell takes a warning of az for an error where somebody collects standard error.
    $ErrorActionPreference = 'Continue'
    $text = (& az @Arguments --output json) -join "`n"
    if ($LASTEXITCODE -ne 0) {
        Exit-Register -Reason 'GeneralFailure' -Message ('az {0} failed; az said why above. Is this account signed in (az login) and allowed to register applications?' -f ($Arguments[0..1] -join ' '))
    }
    $wrong = ''
    try {
        foreach ($one in $(if ($text.Trim()) { ConvertFrom-Json -InputObject $text })) {
            if ($null -ne (Get-Field -From $one -Path 'error')) {
                $wrong = 'is an error'
            } elseif ($AppId -and (Get-Field -From $one -Path 'appId') -ne $AppId) {
                $wrong = 'is not about ' + $AppId
            }
        }
    } catch {
        $wrong = 'is no JSON ' + $Type
    }
    if ($text -notmatch @{ object = '^\s*\{'; array = '^\s*\[\s*[\]{]'; any = '^\s*(\{|\z)' }[$Type]) {
        $wrong = 'is no JSON ' + ($Type -replace 'any', 'object')
    }
    if ($wrong) {
        Exit-Register -Reason 'GeneralFailure' -Message ('az {0} ended well, but its answer {1}. Try again; az upgrade renews az.' -f ($Arguments[0..1] -join ' '), $wrong)
    }
    return $text
}

function Send-Graph {
    # Sends a change to Microsoft Graph; its answer as text.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [string] $Method, [Parameter(Mandatory = $true)] [string] $Url, [Parameter(Mandatory = $true)] [object] $Body, [Parameter(Mandatory = $true)] [string] $What)
    $text = ConvertTo-Json -InputObject $Body -Depth 10
    Write-Information -MessageData $text
    if ($PSCmdlet.ShouldProcess($What, 'Write to Microsoft Graph')) {
        # In a file: no shell gets to see its quotes.
        $file = [System.IO.Path]::GetTempFileName()
        try {
            [System.IO.File]::WriteAllText($file, $text)
            # To a change Microsoft Graph answers nothing.
            return Read-Az -Type $(if ($Method -eq 'patch') { 'any' } else { 'object' }) -Arguments @('rest', '--method', $Method, '--url', $Url, '--headers', 'Content-Type=application/json', '--body', ('@' + $file))
        } finally {
            Remove-Item -LiteralPath $file -Force
        }
    }
    return ''
}

function Find-Application {
    # The registration as Microsoft Graph writes it, $null where there is none.
    [CmdletBinding()] param()
    if ($AppId) {
        return ConvertFrom-Json -InputObject (Read-Az -Type 'object' -AppId $AppId -Arguments @('ad', 'app', 'show', '--id', $AppId))
    }
    $listed = ConvertFrom-Json -InputObject (Read-Az -Type 'array' -Arguments @('ad', 'app', 'list', '--filter', ("displayName eq '{0}'" -f $Name)))
    $found = @()
    foreach ($one in $listed) {
        # Microsoft Graph does not mind the case of a name.
        if ($null -ne $one -and (Get-Field -From $one -Path 'displayName') -ceq $Name) {
            $found += $one
        }
    }
    if ($found.Count -gt 1) {
        Exit-Register -Reason 'InvalidParameter' -Message ('several registrations are named {0}; choose one with -AppId: {1}' -f $Name, (@($found | ForEach-Object -Process { Get-Field -From $_ -Path 'appId' }) -join ', '))
    }
    return $(if ($found.Count -eq 1) { $found[0] })
}

function Get-Change {
    # The members that a registration lacks, whole, so that they can be sent; for $null all of them.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [AllowNull()] [object] $Application)
    $change = @{}
    $audience = Get-Field -From $Application -Path 'signInAudience'
    if ($null -eq $Application) {
        $change['displayName'] = $Name
        $audience = 'AzureADMyOrg'
        $change['signInAudience'] = $audience
    }
    if ($MultiTenant -and $audience -eq 'AzureADMyOrg') {
        $change['signInAudience'] = 'AzureADMultipleOrgs'
    }
    if ($DeviceCodes -and (Get-Field -From $Application -Path 'isFallbackPublicClient') -ne $true) {
        $change['isFallbackPublicClient'] = $true
    }
    $public = @(Get-Field -From $Application -Path 'publicClient.redirectUris' | Where-Object -FilterScript { $_ })
    if ($public -cnotcontains $Redirect) {
        $change['publicClient'] = @{ redirectUris = @($public + $Redirect) }
    }
    $web = @(Get-Field -From $Application -Path 'web.redirectUris' | Where-Object -FilterScript { $_ })
    if ($ConsentRedirect -and $web -cnotcontains $ConsentRedirect) {
        $change['web'] = @{ redirectUris = @($web + $ConsentRedirect) }
    }
    $others = @()
    $granted = @()
    foreach ($access in @(Get-Field -From $Application -Path 'requiredResourceAccess' | Where-Object -FilterScript { $_ })) {
        if ((Get-Field -From $access -Path 'resourceAppId') -eq $GraphAppId) {
            $granted += @(Get-Field -From $access -Path 'resourceAccess' | Where-Object -FilterScript { $_ })
        } else {
            $others += $access
        }
    }
    $has = @($granted | Where-Object -FilterScript { (Get-Field -From $_ -Path 'type') -eq 'Scope' } | ForEach-Object -Process { Get-Field -From $_ -Path 'id' })
    $missing = @($Permission | Where-Object -FilterScript { $has -notcontains $_ } | ForEach-Object -Process { @{ id = $_; type = 'Scope' } })
    if ($missing.Count -gt 0) {
        $change['requiredResourceAccess'] = @($others + @{ resourceAppId = $GraphAppId; resourceAccess = @($granted + $missing) })
    }
    $claims = @(Get-Field -From $Application -Path 'optionalClaims.idToken' | Where-Object -FilterScript { $_ })
    $names = @($claims | ForEach-Object -Process { Get-Field -From $_ -Path 'name' })
    if ($names -notcontains $Claim) {
        $change['optionalClaims'] = @{
            idToken     = @($claims + @{ name = $Claim; essential = $false })
            accessToken = @(Get-Field -From $Application -Path 'optionalClaims.accessToken' | Where-Object -FilterScript { $_ })
            saml2Token  = @(Get-Field -From $Application -Path 'optionalClaims.saml2Token' | Where-Object -FilterScript { $_ })
        }
    }
    return $change
}

function Write-Finding {
    # What people often have registered by mistake; it is said, and left.
    [CmdletBinding()] param([Parameter(Mandatory = $true)] [object] $Application)
    $here = '^http://(localhost|127\.0\.0\.1)'
    if (@(Get-Field -From $Application -Path 'spa.redirectUris' | Where-Object -FilterScript { $_ -match $here }).Count -gt 0) {
        Write-Information -MessageData 'Warning: a redirect to this computer is registered under "Single-page application": remove it there (AADSTS9002327).'
    }
    if (@(Get-Field -From $Application -Path 'web.redirectUris' | Where-Object -FilterScript { $_ -match $here }).Count -gt 0) {
        Write-Information -MessageData 'Warning: a redirect to this computer is registered under "Web" too: Entra then demands a secret (AADSTS7000218). Remove it there.'
    }
    if (@(Get-Field -From $Application -Path 'passwordCredentials' | Where-Object -FilterScript { $_ }).Count -gt 0) {
        Write-Information -MessageData 'Warning: there is a client secret. Portico needs none, and a public client must send none (AADSTS700025).'
    }
    $implicit = Get-Field -From $Application -Path 'web.implicitGrantSettings'
    if ((Get-Field -From $implicit -Path 'enableIdTokenIssuance') -eq $true -or (Get-Field -From $implicit -Path 'enableAccessTokenIssuance') -eq $true) {
        Write-Information -MessageData 'Warning: the implicit grant is on. Portico does not use it.'
    }
}

function Set-Principal {
    # Makes the service principal, which is what people are assigned and consent to. Without
    # an id it only says what would be done.
    [CmdletBinding(SupportsShouldProcess = $true)] param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Id)
    $there = $null
    $target = $(if ($Id) { $Id } else { $Name })
    if ($Id) {
        foreach ($one in (ConvertFrom-Json -InputObject (Read-Az -Type 'array' -AppId $Id -Arguments @('ad', 'sp', 'list', '--filter', ("appId eq '{0}'" -f $Id))))) {
            $there = $one
        }
    }
    if ($null -eq $there -and $PSCmdlet.ShouldProcess($target, 'Make the enterprise application (service principal)')) {
        $there = ConvertFrom-Json -InputObject (Read-Az -Type 'object' -AppId $Id -Arguments @('ad', 'sp', 'create', '--id', $Id))
    }
    if ($AssignmentRequired -and (Get-Field -From $there -Path 'appRoleAssignmentRequired') -ne $true) {
        Write-Information -MessageData 'Assign people or groups under Enterprise applications, or nobody can sign in (AADSTS50105).'
        if ($PSCmdlet.ShouldProcess($target, 'Require assignment')) {
            $null = Read-Az -Type 'any' -Arguments @('ad', 'sp', 'update', '--id', $Id, '--set', 'appRoleAssignmentRequired=true')
        }
    }
    if ($AdminConsent -and $PSCmdlet.ShouldProcess($target, 'Consent for everybody in this directory')) {
        $null = Read-Az -Type 'any' -Arguments @('ad', 'app', 'permission', 'admin-consent', '--id', $Id)
    }
}

function Complete-Script {
    # Pasted or piped into a prompt, exit would close it.
    [CmdletBinding()] param()
    $words = @([Environment]::GetCommandLineArgs() -match '^[-/](c|co|com.*|f|fi.*|e|ec|en.*)$')
    if ($PSCommandPath -or ($words.Count -gt 0 -and @([Environment]::GetCommandLineArgs() -match '^[-/]noe').Count -eq 0)) {
        exit $script:Code
    }
    $global:LASTEXITCODE = $script:Code
}

function Register-Portico {
    # All that is done; the provider is its output.
    [CmdletBinding()] param()
    foreach ($word in @($Stray | Where-Object -FilterScript { ([string] $_).Trim() })) {
        # The first alone: what follows an unknown parameter may be a secret.
        Exit-Register -Reason 'InvalidParameter' -Message ("'{0}' belongs to no parameter; Get-Help -Full ./{1} lists them" -f $word, $ScriptName)
    }
    $Name = Get-GivenText -Text $Name
    $Name = $(if ($Name) { $Name } else { 'Portico' })
    $AppId = Get-GivenText -Text $AppId
    $ConsentRedirect = Get-GivenText -Text $ConsentRedirect
    if ($Name -notmatch '^[A-Za-z0-9][A-Za-z0-9 ._()-]{0,119}$') {
        Exit-Register -Reason 'InvalidParameter' -Message ("-Name is '{0}'; letters, digits, blanks and ._()- are allowed" -f $Name)
    }
    if ($AppId -and $AppId -notmatch $IdPattern) {
        Exit-Register -Reason 'InvalidParameter' -Message ("-AppId is '{0}'; it has to be the Application (client) ID" -f $AppId)
    }
    if ($ConsentRedirect -and $ConsentRedirect -notmatch '^https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?]([a-z0-9._~!$&()*+,;=:@/?-]|%[0-9a-f]{2})*)?\z') {
        # Not repeated: somebody could have put a password into it.
        Exit-Register -Reason 'InvalidParameter' -Message '-ConsentRedirect has to be an https address without a name of a person and without #, such as https://portal.example.com/thanks'
    }
    if ($null -eq (Get-Command -Name 'az' -CommandType Application -ErrorAction SilentlyContinue)) {
        if ($WhatIfPreference) { $null = Send-Graph -Method 'post' -Url 'none' -Body (Get-Change -Application $null) -What $Name; return }
        Exit-Register -Reason 'FileNotFound' -Message 'az is not installed (the Azure CLI)'
    }
    $environment = ConvertFrom-Json -InputObject (Read-Az -Type 'object' -Arguments @('cloud', 'show'))
    $graph = ([string] (Get-Field -From $environment -Path 'endpoints.microsoftGraphResourceId')).TrimEnd('/')
    if (-not $Cloud.ContainsKey($graph)) {
        Exit-Register -Reason 'GeneralFailure' -Message ("az is set to the cloud '{0}', whose Microsoft Graph is '{1}'; Portico knows none there. az cloud set --name AzureCloud chooses another one." -f (Get-Field -From $environment -Path 'name'), $graph)
    }
    $place = $Cloud[$graph]
    $directory = [string] (Get-Field -From (ConvertFrom-Json -InputObject (Read-Az -Type 'object' -Arguments @('account', 'show'))) -Path 'tenantId')
    if ($directory -notmatch $IdPattern) {
        Exit-Register -Reason 'GeneralFailure' -Message 'az is signed in, but its account names no directory; sign in to one: az login --tenant DIRECTORY --allow-no-subscriptions'
    }
    Write-Information -MessageData ('Directory ' + $directory)

    $application = Find-Application
    $change = Get-Change -Application $application
    $id = ''
    $audience = 'AzureADMyOrg'
    $there = ' The registration {0} is there; to go on, run this with -AppId {0} and the other parameters as before.'
    if ($null -eq $application) {
        Write-Information -MessageData ('New registration {0}:' -f $Name)
        if (-not $WhatIfPreference) {
            $script:Registered = ' Look in the Entra admin centre whether there is a registration named {0} by now, before this is run again.' -f $Name
        }
        $answer = Send-Graph -Method 'post' -Url ($graph + '/v1.0/applications') -Body $change -What $Name
        if ($answer) {
            $id = [string] (Get-Field -From (ConvertFrom-Json -InputObject $answer) -Path 'appId')
            if ($id -notmatch $IdPattern) {
                Exit-Register -Reason 'GeneralFailure' -Message 'Microsoft Graph took the registration and did not say its id.'
            }
            $script:Registered = $there -f $id
        } elseif (-not $WhatIfPreference) {
            Write-Information -MessageData 'Nothing was registered.'
            return
        }
    } else {
        $id = [string] (Get-Field -From $application -Path 'appId')
        $object = [string] (Get-Field -From $application -Path 'id')
        $audience = [string] (Get-Field -From $application -Path 'signInAudience')
        if ($id -notmatch $IdPattern -or $object -notmatch $IdPattern -or $audience -notmatch '^AzureAD(MyOrg|MultipleOrgs|andPersonalMicrosoftAccount)$') {
            Exit-Register -Reason 'GeneralFailure' -Message ("az's answer about the registration {0} lacks its ids, or a signInAudience with accounts of organisations. Try again; az upgrade renews az." -f $Name)
        }
        $script:Registered = $there -f $id
        Write-Finding -Application $application
        if ($change.Count -eq 0) {
            Write-Information -MessageData ('The registration {0} is as it has to be.' -f $id)
        } else {
            Write-Information -MessageData ('Changes of the registration {0}:' -f $id)
            $null = Send-Graph -Method 'patch' -Url ($graph + '/v1.0/applications/' + $object) -Body $change -What $id
        }
    }
    $audience = $(if ($change.ContainsKey('signInAudience')) { $change['signInAudience'] } else { $audience })
    Set-Principal -Id $id
    if (-not $id) {
        Write-Information -MessageData "The link for an administrator and the lines for the manifest need the registration's id: they come when it is there."
        return
    }

    $tenant = $(if ($audience -eq 'AzureADMyOrg') { $directory } else { 'organizations' })
    $back = $(if ($ConsentRedirect) { $ConsentRedirect } else { $Redirect })
    Write-Information -MessageData 'Link for an administrator who consents for everybody:'
    Write-Information -MessageData ('{0}/{1}/v2.0/adminconsent?client_id={2}&redirect_uri={3}&scope=openid+email+profile+offline_access&state=consent' -f $place.Login, $tenant, $id, [Uri]::EscapeDataString($back))
    Write-Information -MessageData 'For the manifest, in "providers":'
    $provider = [ordered] @{ id = 'm365'; preset = $place.Preset; tenant = $tenant; client_id = $id }
    if ($ConsentRedirect) { $provider['consent_redirect'] = $ConsentRedirect }
    Write-Output (ConvertTo-Json -InputObject $provider)
}

try {
    Register-Portico
    $script:Code = $ExitCode.Success
} catch {
    $sentence = $_.Exception.GetBaseException().Message
    if ($null -eq $script:Code) { try { Exit-Register -Reason 'GeneralFailure' -Message $sentence } catch { $null = $_ } }
}
Complete-Script
