// Holds every PowerShell script that administrators run to the rules, and shows of each
// rule that it catches what it is for. PowerShell itself is not needed: what the scripts
// do is for Pester, in the files *.Tests.ps1.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { rules } from "./rules.mjs";
import { parse, parseFile } from "./tree.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function scripts(dir = root) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    if (e.name.startsWith(".") || ["node_modules", "dist", "bin", "scripts", "scripttest"].includes(e.name)) return [];
    const path = join(dir, e.name);
    return e.isDirectory() ? scripts(path) : /(?<!\.Tests)\.psm?1$/.test(e.name) ? [path] : [];
  });
}
const files = scripts();

test("the scripts that administrators run are all there", () => {
  const names = files.map((f) => f.split("/").pop());
  for (const want of ["Install-Portico.ps1", "Uninstall-Portico.ps1", "Test-Portico.ps1", "Remove-PorticoLeftovers.ps1", "register-app.ps1"]) {
    assert.ok(names.includes(want), want);
  }
});

for (const file of files) {
  test(`${file.slice(root.length)} keeps the rules`, () => {
    const script = parseFile(file);
    const found = Object.entries(rules).flatMap(([name, rule]) => rule(script).map(([at, what]) => `${script.name}:${at}: ${what} (${name})`));
    assert.deepEqual(found, []);
  });
}

// A script without a fault, to put faults in.
const good = `<#
.SYNOPSIS
    Does it.
.DESCRIPTION
    Does it well.
.PARAMETER Name
    The name. Variable: PORTICO_NAME.
.EXAMPLE
    .\\Do.ps1
.NOTES
    0 Success.
#>

#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $Name = ''
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ExitCode = @{
    Success = 0
}
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    exit $ExitCode.Success
}
$Given = @{
    Name = $Name
}
function Get-Thing {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $From
    )
    return $From
}
if ($PSCmdlet.ShouldProcess('it', 'Remove')) {
    Remove-Item -LiteralPath (Get-Thing -From $Given['Name'])
}
exit $ExitCode.Success
`;

test("the good script is good", () => {
  for (const [name, rule] of Object.entries(rules)) assert.deepEqual(rule(parse("Do.ps1", good)), [], name);
});

const end = "}\nexit $ExitCode.Success\n";
const add = (text) => good.replace(end, "}\n" + text + end.slice(1));
const change = (from, to) => {
  assert.ok(good.includes(from), from);
  return good.replace(from, to);
};
const faults = {
  parses: [add("if ($Name {"), add("$x = $Name ? 1 : 2"), add("$x = $Name ?? 1")],
  plainText: [add("# M\u00fcnchen"), add("$x = 1 "), good.trimEnd(), good.replaceAll("\n", "\r\n")],
  verbs: [change("function Get-Thing", "function Fetch-Thing"), change("function Get-Thing", "function thing")],
  strictFirst: [change("Set-StrictMode -Version Latest\n", ""), change("$ErrorActionPreference = 'Stop'\n", ""), change("Latest", "1.0")],
  shouldProcess: [change("SupportsShouldProcess = $true", ""), change("[CmdletBinding(SupportsShouldProcess = $true)]\n", ""),
    good.replace("if ($PSCmdlet.ShouldProcess('it', 'Remove')) {", "if ($Name) {"), change("    [CmdletBinding()]\n", ""), change("    return $From", "    if ($PSCmdlet.ShouldProcess('a', 'b')) { return $From }")],
  asksFirst: [add("Remove-Item -LiteralPath $Name"), add("remove-item $Name"), add("if ($Name) { Stop-Process -Name $Name }"), add("[System.IO.File]::Delete($Name)"),
    add("[System.Diagnostics.Process]::Start($Name)"), add("if ($PSCmdlet.ShouldProcess('a', 'b')) { $Name } else { Remove-Item -LiteralPath $Name }"),
    add("if (-not $PSCmdlet.ShouldProcess('a', 'b')) { Remove-Item -LiteralPath $Name }"), add("if ($Name -or $PSCmdlet.ShouldProcess('a', 'b')) { Remove-Item -LiteralPath $Name }"),
    add("if ($PSCmdlet.ShouldProcess('a', 'b')) { function Get-It { Remove-Item -LiteralPath $Name } }")],
  noAliases: [add("$Name | % { $_ }"), add("$Name | ? { $_ }"), add("cd $Name"), add("echo $Name"), add("$Name | Select-Object -First 1 | select Name"), add("SLEEP 1")],
  noForbidden: [add("Invoke-Expression $Name"), add("Write-Host $Name"), add("powershell.exe -EncodedCommand $Name"), add("powershell.exe -enc $Name"),
    add("[ScriptBlock]::Create($Name)"), add("$x = 'http://portal.example.com'")],
  noSecrets: [change("[string] $Name = ''", "[string] $Name = '', [string] $ClientSecret = ''")],
  oldAndNew: [add("if (-not $IsWindows) { $Name }"), add("Get-Thing -From a && Get-Thing -From b"), add("1..3 | ForEach-Object -Parallel { $_ }")],
  helpComplete: [change(".SYNOPSIS", ".SYNOPSE"), change(".PARAMETER Name", ".PARAMETER Nam"), change(".NOTES\n    0 Success.\n", ""), good.replace(/^<#[^]*#>\n/, "")],
  variablesDocumented: [change("PORTICO_NAME.", "PORTICO_NAM."), change("    Name = $Name\n", "    Other = $Name\n")],
  exitsFromTable: [add("exit 3"), add("exit"), add("exit $LASTEXITCODE"), add("exit $ExitCode.Nothing"), add("Exit-Script -Reason 'Nothing' -Message 'a'"), add("Exit-Script -Message 'a'"), add("exit $script:Code"), add("$x = $ExitCode.Nothing")],
  functionsFit: [add("Get-Thing -Form a"), add("Get-Thing"), change("(Get-Thing -From $Given['Name'])", "$Name")],
  helpApart: [change("#>\n\n", "#>\n"), change("    Does it well.", "    .Does it well.")],
  languageFirst: [change("$ErrorActionPreference = 'Stop'\n", "$ErrorActionPreference = 'Stop'\n$x = $Name.Trim()\n"), change("}\nif ($Exec", "}\n$x = $Name.Trim()\nif ($Exec"),
    change("LanguageMode -ne 'FullLanguage'", "LanguageMode -eq 'NoLanguage'")],
  programsMayTalk: [add("& $Name -a"), change("    return $From", "    $x = (& az @From) -join ' '\n    $ErrorActionPreference = 'Continue'\n    return $x")],
  noDrives: [add('$x = "$Name: it"')],
  noAddressTold: [add("Exit-Script -Reason 'Success' -Message ('{0}' -f $Url)"), add("Write-Log -Message $source.Url"), add("if ($PSCmdlet.ShouldProcess($MsiUrl, 'Download')) { $Name }")],
  variablesSet: [add("$x = $Nmae"), add("if ($script:Log) { $Name }")],
};

for (const [name, samples] of Object.entries(faults)) {
  test(`the rule ${name} catches what it is for`, () => {
    for (const sample of samples) assert.notDeepEqual(rules[name](parse("Do.ps1", sample)), [], sample.slice(-400));
  });
}

test("every rule has a sample that it catches", () => {
  assert.deepEqual(Object.keys(faults).sort(), Object.keys(rules).sort());
});
