# Holds the function of the Windows scripts that reads the portal's address to the table of packaging/addresses.

BeforeDiscovery {
    $script:Table = ConvertFrom-Json -InputObject (Get-Content -Raw -Encoding UTF8 -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath '../../addresses/addresses.json'))
    $script:Script = @('Install-Portico.ps1', 'Test-Portico.ps1')
}

BeforeAll {
    # What the function asks of the rest of a script.
    function Get-Setting { param($Name) return $script:Given }
    function Exit-Script { param($Reason, $Message) throw ('{0}: {1}' -f $Reason, ($Message -replace $Secret, '***')) }
}

Describe 'the portal''s address in <_>' -ForEach $Script {
    BeforeAll {
        $text = Get-Content -Raw -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath ('../' + $_))
        $tree = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null)
        $function = $tree.Find({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] -and $node.Name -eq 'Get-PortalUrl' }, $true)
        Set-StrictMode -Version Latest
        . ([scriptblock]::Create($function.Extent.Text))
        $mask = $tree.Find({ param($node) $node -is [System.Management.Automation.Language.AssignmentStatementAst] -and $node.Left.Extent.Text -eq '$Secret' }, $true)
        . ([scriptblock]::Create($mask.Extent.Text))
    }

    It 'is <_.kept> where <_.given> was given' -ForEach @($Table.good | Where-Object { $_.PSObject.Properties['msi'] -eq $null }) {
        $script:Given = $_.given
        Get-PortalUrl | Should -BeExactly $_.kept
    }

    It 'is not <_.given>, which the package refuses' -ForEach @($Table.good | Where-Object { $_.PSObject.Properties['msi'] -ne $null }) {
        $script:Given = $_.given
        { Get-PortalUrl } | Should -Throw -ExpectedMessage 'InvalidParameter: *'
    }

    It 'is not <_.given>' -ForEach @($Table.bad) {
        $script:Given = $_.given
        { Get-PortalUrl } | Should -Throw -ExpectedMessage 'InvalidParameter: *'
    }

    It 'is none, or nothing' {
        $script:Given = 'None'
        Get-PortalUrl | Should -BeExactly 'none'
        $script:Given = ''
        Get-PortalUrl | Should -BeExactly ''
    }

    It 'is not too long' {
        $script:Given = 'https://portal.example.com/' + 'a' * 4096
        { Get-PortalUrl } | Should -Throw -ExpectedMessage 'InvalidParameter: *'
    }

    It 'is told without a password' -ForEach @('https://ada:correct-horse@it.example.org', 'ada:correct-horse@it.example.org', 'https://ada:correct/horse@it.example.org#x', "https://ada:correct`nhorse@it.example.org") {
        $script:Given = $_
        $said = ''
        try { $null = Get-PortalUrl } catch { $said = [string] $_ }
        $said | Should -BeLike '*it.example.org*'
        $said | Should -Not -BeLike '*correct*'
    }
}

Describe 'what Install-Portico.ps1 knows an MSI by' {
    It '-<Name> is taken with a character that nobody sees, and not with a digit too many' -ForEach @(
        @{ Name = 'SignerThumbprint'; Digits = 40 }
        @{ Name = 'Sha256'; Digits = 64 }
    ) {
        $install = Join-Path -Path $PSScriptRoot -ChildPath '../Install-Portico.ps1'
        $with = @{ $Name = [string] [char] 0x200e + 'a' * $Digits; MsiPath = Join-Path -Path $TestDrive -ChildPath 'none.msi' }
        $null = & $install @with -WhatIf 2>&1
        $LASTEXITCODE | Should -Not -Be 87
        $with[$Name] += 'a'
        $null = & $install @with -WhatIf 2>&1
        $LASTEXITCODE | Should -Be 87
    }
}
