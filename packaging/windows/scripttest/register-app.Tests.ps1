# Runs register-app.ps1 in this PowerShell, with a function that stands in for az.

BeforeAll {
    $script:Register = Join-Path -Path $PSScriptRoot -ChildPath '../../entra/register-app.ps1'
    $script:AppId = '33333333-3333-3333-3333-333333333333'
    $script:ObjectId = '44444444-4444-4444-4444-444444444444'
    $script:Directory = '22222222-2222-2222-2222-222222222222'

    # The script looks for the program before it calls it; the function below comes before the program.
    foreach ($name in @('az', 'az.cmd')) {
        Set-Content -LiteralPath (Join-Path -Path $TestDrive -ChildPath $name) -Value $(if ($name -eq 'az') { "#!/bin/sh`nexit 1" } else { '@exit 1' })
    }
    if ($PSVersionTable.PSEdition -eq 'Core' -and -not $IsWindows) {
        chmod 0755 (Join-Path -Path $TestDrive -ChildPath 'az')
    }
    $script:PathBefore = $env:PATH
    $env:PATH = [string] $TestDrive + [System.IO.Path]::PathSeparator + $env:PATH

    function global:az {
        # Answers by the words before the first option (for rest, with the method). A call without an answer fails.
        $words = @()
        foreach ($word in $args) {
            if ($word -like '-*') { break }
            $words += $word
        }
        $key = $words -join ' '
        if ($key -eq 'rest') {
            $key = 'rest ' + $args[2]
            $global:AzBodies += Get-Content -Raw -LiteralPath $args[-3].Substring(1)
        }
        $global:AzCalls += $key
        if ($global:AzAnswers.ContainsKey($key)) {
            $global:LASTEXITCODE = 0
            return $global:AzAnswers[$key]
        }
        $global:LASTEXITCODE = 1
    }

    function New-Answer([hashtable] $Changes = @{}) {
        $answers = @{
            'cloud show'   = '{"name":"AzureCloud","endpoints":{"microsoftGraphResourceId":"https://graph.microsoft.com/"}}'
            'account show' = '{"tenantId":"' + $script:Directory + '"}'
            'ad app list'  = '[]'
            'ad sp list'   = '[]'
            'ad sp create' = '{"appId":"' + $script:AppId + '"}'
            'ad sp update' = ''
            'rest post'    = '{"appId":"' + $script:AppId + '","id":"' + $script:ObjectId + '"}'
            'rest patch'   = ''
            'ad app permission admin-consent' = ''
        }
        foreach ($name in $Changes.Keys) {
            if ($null -eq $Changes[$name]) { $answers.Remove($name) } else { $answers[$name] = $Changes[$name] }
        }
        return $answers
    }

    # A registration that is there and lacks everything but its name.
    function New-Registered([hashtable] $Changes = @{}) {
        $all = @{ 'ad app list' = '[{"displayName":"Portico","appId":"' + $script:AppId + '","id":"' + $script:ObjectId + '","signInAudience":"AzureADMyOrg"}]' }
        foreach ($name in $Changes.Keys) { $all[$name] = $Changes[$name] }
        return New-Answer -Changes $all
    }

    function Invoke-Register([hashtable] $Answers = (New-Answer), [object[]] $With = @()) {
        $global:AzAnswers = $Answers
        $global:AzCalls = @()
        $global:AzBodies = @()
        $parameters = @{}
        # Splatted arrays are positional words alone: what has to be a parameter comes as a hashtable.
        $words = @($With | Where-Object -FilterScript { $_ -isnot [hashtable] })
        foreach ($one in @($With | Where-Object -FilterScript { $_ -is [hashtable] })) { $parameters = $one }
        $all = @(& $script:Register @parameters @words *>&1)
        $errors = @($all | Where-Object -FilterScript { $_ -is [System.Management.Automation.ErrorRecord] })
        return New-Object -TypeName PSObject -Property @{
            Code    = $LASTEXITCODE
            Errors  = @($errors | ForEach-Object -Process { [string] $_ })
            Shown   = (($errors | Out-String) -replace ([char] 27 + '\[[0-9;]*m'), '') -replace '\s', ''
            Output  = (@($all | Where-Object -FilterScript { $_ -is [string] }) -join "`n")
            Said    = (@($all | Where-Object -FilterScript { $_ -is [System.Management.Automation.InformationRecord] }) -join "`n")
            Changes = @($global:AzCalls | Where-Object -FilterScript { $_ -match '^rest|create|update|consent' })
        }
    }
}

AfterAll {
    $env:PATH = $script:PathBefore
    Remove-Item -Path Function:\az
    Remove-Variable -Scope Global -Name AzAnswers, AzCalls, AzBodies -ErrorAction SilentlyContinue
}

Describe 'register-app.ps1' {
    It 'registers, and prints the provider alone' {
        $run = Invoke-Register
        $run.Code | Should -Be 0
        $run.Errors | Should -BeNullOrEmpty
        $run.Changes | Should -Be @('rest post', 'ad sp create')
        $provider = ConvertFrom-Json -InputObject $run.Output
        $provider.preset | Should -Be 'microsoft-entra'
        $provider.tenant | Should -Be $script:Directory
        $provider.client_id | Should -Be $script:AppId
        $body = ConvertFrom-Json -InputObject $global:AzBodies[0]
        $body.publicClient.redirectUris | Should -Be @('http://localhost')
        $body.requiredResourceAccess[0].resourceAccess.Count | Should -Be 4
        $body.optionalClaims.idToken[0].name | Should -Be 'given_name'
    }

    It 'finds its cloud by the Microsoft Graph at <Graph>' -ForEach @(
        @{ Graph = 'https://graph.microsoft.us/'; Preset = 'microsoft-entra-us-government' }
        @{ Graph = 'https://dod-graph.microsoft.us'; Preset = 'microsoft-entra-us-government' }
        @{ Graph = 'https://microsoftgraph.chinacloudapi.cn'; Preset = 'microsoft-entra-china' }
    ) {
        $run = Invoke-Register -Answers (New-Answer -Changes @{ 'cloud show' = '{"name":"Own","endpoints":{"microsoftGraphResourceId":"' + $Graph + '"}}' })
        (ConvertFrom-Json -InputObject $run.Output).preset | Should -Be $Preset
    }

    It 'changes nothing where everything is as it has to be, and only what differs elsewhere' {
        $first = Invoke-Register -With @(@{ MultiTenant = $true })
        $first.Code | Should -Be 0
        $there = ConvertFrom-Json -InputObject $global:AzBodies[0]
        Add-Member -InputObject $there -NotePropertyMembers @{ appId = $script:AppId; id = $script:ObjectId }
        $answers = New-Answer -Changes @{
            'ad app list' = '[' + (ConvertTo-Json -InputObject $there -Depth 10) + ']'
            'ad sp list'  = '[{"appId":"' + $script:AppId + '","appRoleAssignmentRequired":true}]'
        }
        $again = Invoke-Register -Answers $answers -With @(@{ AssignmentRequired = $true })
        $again.Changes | Should -BeNullOrEmpty
        $again.Said | Should -BeLike '*is as it has to be*'
        (ConvertFrom-Json -InputObject $again.Output).tenant | Should -Be 'organizations'

        $more = Invoke-Register -Answers $answers -With @(@{ DeviceCodes = $true })
        $more.Changes | Should -Be @('rest patch')
        ConvertTo-Json -Compress -InputObject (ConvertFrom-Json -InputObject $global:AzBodies[0]) | Should -Be '{"isFallbackPublicClient":true}'
    }

    Context 'answers that are none' {
        It '<Name>: ends with 31 after <Changes> changes, and prints no provider' -ForEach @(
            @{ Name = 'no cloud'; Answers = @{ 'cloud show' = '' }; Changes = 0; Says = 'az cloud show' }
            @{ Name = 'a cloud without Graph'; Answers = @{ 'cloud show' = '{"name":"Own","endpoints":{"microsoftGraphResourceId":null}}' }; Changes = 0; Says = "'Own'*az cloud set" }
            @{ Name = 'a cloud without endpoints'; Answers = @{ 'cloud show' = '{"name":"Own"}' }; Changes = 0; Says = "'Own'" }
            @{ Name = 'a cloud of somebody'; Answers = @{ 'cloud show' = '{"name":"AzureCloud","endpoints":{"microsoftGraphResourceId":"https://graph.example"}}' }; Changes = 0; Says = 'https://graph.example' }
            @{ Name = 'no account'; Answers = @{ 'account show' = '' }; Changes = 0; Says = 'az account show' }
            @{ Name = 'a page for an account'; Answers = @{ 'account show' = '<html>' }; Changes = 0; Says = 'no JSON object' }
            @{ Name = 'half an account'; Answers = @{ 'account show' = '{"tenantId":' }; Changes = 0; Says = 'no JSON object' }
            @{ Name = 'no directory'; Answers = @{ 'account show' = '{"tenantId":null}' }; Changes = 0; Says = 'names no directory*az login --tenant' }
            @{ Name = 'an empty directory'; Answers = @{ 'account show' = '{"tenantId":""}' }; Changes = 0; Says = 'names no directory' }
            @{ Name = 'no registration by id'; Answers = @{ 'ad app show' = '' }; With = @{ AppId = '33333333-3333-3333-3333-333333333333' }; Changes = 0; Says = 'az ad app' }
            @{ Name = 'no id of a registration'; Answers = @{ 'ad app list' = '[{"displayName":"Portico"}]' }; Changes = 0; Says = 'lacks its ids' }
            @{ Name = 'no list'; Answers = @{ 'ad app list' = '' }; Changes = 0; Says = 'az ad app' }
            @{ Name = 'an object for a list'; Answers = @{ 'ad app list' = '{}' }; Changes = 0; Says = 'no JSON array' }
            @{ Name = 'nothing about the new'; Answers = @{ 'rest post' = '' }; Changes = 1; Says = 'az rest*a registration named Portico' }
            @{ Name = 'no id of the new'; Answers = @{ 'rest post' = '{"id":"x"}' }; Changes = 1; Says = 'did not say its id*a registration named Portico' }
            @{ Name = 'no directory but zeros'; Answers = @{ 'account show' = '{"tenantId":"00000000-0000-0000-0000-000000000000"}' }; Changes = 0; Says = 'names no directory' }
            @{ Name = 'an error for an account'; Answers = @{ 'account show' = '{"error":{"code":"x"},"tenantId":"22222222-2222-2222-2222-222222222222"}' }; Changes = 0; Says = 'az account show*is an error' }
            @{ Name = 'another registration'; Answers = @{ 'ad app show' = '{"appId":"55555555-5555-5555-5555-555555555555","id":"44444444-4444-4444-4444-444444444444","signInAudience":"AzureADMyOrg"}' }; With = @{ AppId = '33333333-3333-3333-3333-333333333333' }; Changes = 0; Says = 'is not about 33333333' }
            @{ Name = 'nobody in a list'; Answers = @{ 'ad app list' = '[null]' }; Changes = 0; Says = 'is no JSON array' }
            @{ Name = 'a text in a list'; Answers = @{ 'ad app list' = '["x"]' }; Changes = 0; Says = 'is no JSON array' }
            @{ Name = 'a list in a list'; Answers = @{ 'ad app list' = '[[]]' }; Changes = 0; Says = 'is no JSON array' }
            @{ Name = 'persons alone'; Answers = @{ 'ad app list' = '[{"displayName":"Portico","appId":"33333333-3333-3333-3333-333333333333","id":"44444444-4444-4444-4444-444444444444","signInAudience":"PersonalMicrosoftAccount"}]' }; Changes = 0; Says = 'signInAudience' }
            @{ Name = 'no audience'; Answers = @{ 'ad app list' = '[{"displayName":"Portico","appId":"33333333-3333-3333-3333-333333333333","id":"44444444-4444-4444-4444-444444444444"}]' }; Changes = 0; Says = 'signInAudience' }
            @{ Name = 'zeros for the id of the new'; Answers = @{ 'rest post' = '{"appId":"00000000-0000-0000-0000-000000000000"}' }; Changes = 1; Says = 'did not say its id*a registration named Portico' }
            @{ Name = 'an error about the new'; Answers = @{ 'rest post' = '{"appId":"33333333-3333-3333-3333-333333333333","error":{}}' }; Changes = 1; Says = 'is an error*a registration named Portico' }
            @{ Name = 'an empty principal'; Answers = @{ 'ad sp create' = '{}' }; Changes = 2; Says = 'is not about 33333333*-AppId 33333333' }
            @{ Name = 'an error for a principal'; Answers = @{ 'ad sp create' = '{"error":{"code":"x"}}' }; Changes = 2; Says = 'is an error*-AppId 33333333' }
            @{ Name = 'another principal'; Answers = @{ 'ad sp create' = '{"appId":"55555555-5555-5555-5555-555555555555"}' }; Changes = 2; Says = 'is not about 33333333*-AppId 33333333' }
            @{ Name = 'an error about an assignment'; Answers = @{ 'ad sp update' = '{"error":{"code":"x"}}' }; With = @{ AssignmentRequired = $true }; Changes = 3; Says = 'is an error*-AppId 33333333' }
            @{ Name = 'an error about consent'; Answers = @{ 'ad app permission admin-consent' = '{"error":{"code":"x"}}' }; With = @{ AdminConsent = $true }; Changes = 3; Says = 'is an error*-AppId 33333333' }
            @{ Name = 'an empty one among principals'; There = $true; Answers = @{ 'ad sp list' = '[{}]' }; Changes = 1; Says = 'is not about 33333333*-AppId 33333333' }
            @{ Name = 'an error about a change'; There = $true; Answers = @{ 'rest patch' = '{"error":{"code":"x"}}' }; Changes = 1; Says = 'is an error*-AppId 33333333' }
            @{ Name = 'nothing about a principal'; Answers = @{ 'ad sp create' = '' }; Changes = 2; Says = 'az ad sp*33333333-3333-3333-3333-333333333333' }
        ) {
            $parameters = @{}
            if ($_.ContainsKey('With')) { $parameters = $_.With }
            $answers = $(if ($_.ContainsKey('There')) { New-Registered -Changes $Answers } else { New-Answer -Changes $Answers })
            $run = Invoke-Register -Answers $answers -With @($parameters)
            $run.Code | Should -Be 31
            $run.Output | Should -BeNullOrEmpty
            $run.Changes.Count | Should -Be $Changes
            $run.Errors.Count | Should -Be 1
            $run.Errors[0] | Should -BeLike "*$Says*"
            $run.Said | Should -Not -BeLike '*client_id=*'
        }
    }

    It 'names the registration that is there when <Missing> fails' -ForEach @(
        @{ Missing = 'ad sp create'; There = $false }
        @{ Missing = 'ad sp update'; There = $false }
        @{ Missing = 'ad app permission admin-consent'; There = $false }
        @{ Missing = 'ad sp list'; There = $true }
        @{ Missing = 'rest patch'; There = $true }
    ) {
        $answers = New-Answer -Changes @{ $Missing = $null }
        if ($There) { $answers = New-Registered -Changes @{ $Missing = $null } }
        $run = Invoke-Register -Answers $answers -With @(@{ AssignmentRequired = $true; AdminConsent = $true })
        $run.Code | Should -Be 31
        $run.Output | Should -BeNullOrEmpty
        $run.Errors[0] | Should -BeLike "*-AppId $($script:AppId)*"
    }

    Context 'WhatIf' {
        It 'makes up no id, and changes nothing' {
            $run = Invoke-Register -With @(@{ WhatIf = $true; AssignmentRequired = $true; AdminConsent = $true })
            $run.Code | Should -Be 0
            $run.Changes | Should -BeNullOrEmpty
            $run.Output | Should -BeNullOrEmpty
            $run.Said | Should -BeLike '*http://localhost*'
            $run.Said | Should -BeLike '*come when it is there*'
            $run.Said | Should -Not -BeLike '*client_id=*'
        }

        It 'prints the provider of a registration that is there' {
            $run = Invoke-Register -Answers (New-Registered) -With @(@{ WhatIf = $true })
            $run.Code | Should -Be 0
            $run.Changes | Should -BeNullOrEmpty
            (ConvertFrom-Json -InputObject $run.Output).client_id | Should -Be $script:AppId
        }
    }

    Context 'what comes in' {
        It 'refuses <Name> with 87 before az is asked' -ForEach @(
            @{ Name = 'a stray word'; With = @('yes'); Says = "'yes' belongs to no parameter" }
            @{ Name = 'a word after a switch'; With = @(@{ MultiTenant = $true }, 'yes'); Says = "'yes' belongs to no parameter" }
            @{ Name = 'an address with a password'; With = @('https://ada:correct-horse@portal.example'); Says = 'belongs to no parameter' }
            @{ Name = 'a password with a slash'; With = @('ada:correct-horse/x@portal.example'); Says = 'belongs to no parameter' }
            @{ Name = 'an address for a name'; With = @(@{ Name = 'https://ada:correct-horse@portal.example' }); Says = '-Name is' }
            @{ Name = 'an address with a key for an id'; With = @(@{ AppId = 'https://portal.example/?key=correct-horse' }); Says = '-AppId is' }
            @{ Name = 'a name for a shell'; With = @(@{ Name = 'x"; rm' }); Says = '-Name is' }
            @{ Name = 'zeros for an id'; With = @(@{ AppId = '00000000-0000-0000-0000-000000000000' }); Says = 'Application (client) ID' }
            @{ Name = 'no id'; With = @(@{ AppId = 'abc' }); Says = 'Application (client) ID' }
            @{ Name = 'thanks without https'; With = @(@{ ConsentRedirect = 'portal.example' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks to a person'; With = @(@{ ConsentRedirect = 'https://ada:correct-horse@portal.example' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks to a word'; With = @(@{ ConsentRedirect = 'https://yes' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks nowhere'; With = @(@{ ConsentRedirect = 'https://-' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks unseen'; With = @(@{ ConsentRedirect = ('https://po{0}rtal.example/x' -f [char] 0x200b) }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks backwards'; With = @(@{ ConsentRedirect = ('https://portal.example/{0}x' -f [char] 0x202e) }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks, half coded'; With = @(@{ ConsentRedirect = 'https://portal.example/%zz' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks to a cloud'; With = @(@{ ConsentRedirect = 'https://169.254.169.254/x' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks at no port'; With = @(@{ ConsentRedirect = 'https://portal.example:99999/x' }); Says = '-ConsentRedirect has to be' }
            @{ Name = 'thanks in the middle'; With = @(@{ ConsentRedirect = 'https://portal.example/#thanks' }); Says = '-ConsentRedirect has to be' }
        ) {
            $run = Invoke-Register -With $With
            $run.Code | Should -Be 87
            $global:AzCalls | Should -BeNullOrEmpty
            $run.Output | Should -BeNullOrEmpty
            $run.Errors[0] | Should -BeLike "*$Says*"
            $run.Errors[0] | Should -Not -BeLike '*correct-horse*'
        }

        It 'refuses an unknown parameter with 87, and does not repeat its value' {
            $global:AzCalls = @()
            $errors = & $script:Register -ClientSecret correct-horse 2>&1
            $LASTEXITCODE | Should -Be 87
            $global:AzCalls | Should -BeNullOrEmpty
            [string] $errors | Should -BeLike "*'-ClientSecret' belongs to no parameter*"
            [string] $errors | Should -Not -BeLike '*correct-horse*'
        }

        It 'passes over an empty word, which a tool leaves for an empty variable' {
            (Invoke-Register -With @('', ' ')).Code | Should -Be 0
        }

        It 'takes one pair of quotes off, and blanks and null for nothing' {
            $run = Invoke-Register -With @(@{ Name = ' "Portico two" '; AppId = 'null'; ConsentRedirect = ('{0}https://portal.example/thanks{1}' -f [char] 0x201e, [char] 0x201c) })
            $run.Code | Should -Be 0
            (ConvertFrom-Json -InputObject $global:AzBodies[0]).displayName | Should -Be 'Portico two'
            (ConvertFrom-Json -InputObject $run.Output).consent_redirect | Should -Be 'https://portal.example/thanks'
            $null = Invoke-Register -With @(@{ Name = ' '; AppId = '""' })
            (ConvertFrom-Json -InputObject $global:AzBodies[0]).displayName | Should -Be 'Portico'
        }
    }

    It 'says the innermost sentence of an unexpected error, without its place' {
        $inner = New-Object -TypeName System.Exception -ArgumentList 'the disk is full'
        Mock -CommandName Write-Information -MockWith { throw (New-Object -TypeName System.AggregateException -ArgumentList 'One or more errors occurred.', $inner) }
        $run = Invoke-Register
        $run.Code | Should -Be 31
        $run.Errors[0] | Should -Be 'register-app.ps1: the disk is full (exit code 31, GeneralFailure)'
    }

    It 'leaves a prompt open that it was piped into, which knows the code' {
        $shell = (Get-Process -Id $PID).Path
        $typed = "Get-Content -Raw -LiteralPath '$($script:Register)' | Invoke-Expression`n'still here, ' + `$LASTEXITCODE`nexit 0`n"
        $said = $typed | & $shell -NoLogo -NoProfile -NonInteractive 2>&1 | Out-String
        $said | Should -BeLike '*az cloud show failed*still here, 31*'
        $env:PATH = [string] (Join-Path -Path $TestDrive -ChildPath 'nothing')
        try { $said = $typed | & $shell -NoLogo -NoProfile -NonInteractive 2>&1 | Out-String } finally { $env:PATH = [string] $TestDrive + [System.IO.Path]::PathSeparator + $script:PathBefore }
        $said | Should -BeLike '*az is not installed*still here, 2*'
        $null = & $shell -NoLogo -NoProfile -NonInteractive -Command "Get-Content -Raw -LiteralPath '$($script:Register)' | Invoke-Expression; 'still here'" 2>&1
        $LASTEXITCODE | Should -Be 31
    }

    It 'ends with one line on the error stream, however it is looked at' {
        $run = Invoke-Register -With @('yes')
        $run.Errors.Count | Should -Be 1
        $run.Shown | Should -Be ($run.Errors[0] -replace '\s', '')
        $run.Errors[0] | Should -BeLike 'register-app.ps1: *(exit code 87, InvalidParameter)'
        $file = Join-Path -Path $TestDrive -ChildPath 'all.txt'
        & $script:Register yes *> $file
        $LASTEXITCODE | Should -Be 87
        Get-Content -Raw -LiteralPath $file | Should -BeLike '*belongs to no parameter*'
        $ErrorActionPreference = 'Stop'
        $null = & $script:Register yes 2>&1
        $LASTEXITCODE | Should -Be 87
    }
}
