// What every PowerShell script of Portico has to keep to. A rule looks at one script
// and returns what is wrong, as [line, sentence] pairs.

import { around, commandName, functionName, functionOf, help, line, nodes, parameters, table } from "./tree.mjs";

// "Approved Verbs for PowerShell Commands", those that a script of ours may want.
const VERBS = new Set(("Add Clear Close Copy Enter Exit Find Format Get Hide Join Lock Move New Open Optimize Pop Push Redo Remove Rename Reset " +
  "Resize Search Select Set Show Skip Split Step Switch Undo Unlock Watch Connect Disconnect Read Receive Send Write Backup Checkpoint Compare " +
  "Compress Convert ConvertFrom ConvertTo Dismount Edit Expand Export Group Import Initialize Limit Merge Mount Out Publish Restore Save Sync " +
  "Unpublish Update Debug Measure Ping Repair Resolve Test Trace Approve Assert Build Complete Confirm Deny Deploy Disable Enable Install Invoke " +
  "Register Request Restart Resume Start Stop Submit Suspend Uninstall Unregister Wait Use Block Grant Protect Revoke Unblock Unprotect").split(" "));

// Get-Alias of Windows PowerShell 5.1 and of PowerShell 7.
const ALIASES = new Set(("% ? ac asnp cat cd chdir clc clear clhy cli clp cls clv cnsn compare copy cp cpi cpp curl cvpa dbp del diff dir dnsn ebp echo " +
  "epal epcsv epsn erase etsn exsn fc fhx fl foreach ft fw gal gbp gc gci gcb gcm gcs gdr gerr ghy gi gin gjb gl gm gmo gp gps gpv group gsn gsnp gsv gtz gu gv " +
  "gwmi h history icm iex ihy ii ipal ipcsv ipmo ipsn irm ise iwmi iwr kill lp ls man md measure mi mount move mp mv nal ndr ni nmo npssc nsn nv ogv " +
  "oh popd ps pushd pwd r rbp rcjb rcsn rd rdr ren ri rjb rm rmdir rmo rni rnp rp rsn rsnp rujb rv rvpa rwmi sajb sal saps sasv sbp sc scb select set shcm " +
  "si sl sleep sls sort sp spjb spps spsv start stz sujb sv swmi tee trcm type wget where wjb write").split(" "));

const FORBIDDEN = {
  "invoke-expression": "runs text as code",
  "write-host": "cannot be caught by who runs the script",
  "read-host": "asks, and nobody is there to answer",
  "add-type": "compiles code, which application control forbids",
  "start-transcript": "writes down more than it should",
};

// What changes the computer, or a directory of people.
const DESTRUCTIVE = new Set(("add-content clear-content clear-item copy-item invoke-restmethod invoke-webrequest move-item new-item new-itemproperty out-file " +
  "remove-item remove-itemproperty rename-item restart-computer restart-service set-acl set-content set-executionpolicy set-item set-itemproperty set-service " +
  "start-job start-process start-service stop-process stop-service").split(" "));
const DESTRUCTIVE_METHODS = new Set(["createdirectory", "createsubkey", "delete", "deletesubkey", "deletesubkeytree", "deletevalue", "kill", "move", "setvalue", "start",
  "writealltext", "appendalltext"]);
// The log is begun under ShouldProcess; without that there is no file to add to.
const LOGGING = { function: "Write-Log", method: "appendalltext" };

function parses({ root }) {
  const found = [];
  (function visit(n) {
    if (n.isError || n.isMissing) found.push([line(n), `cannot be parsed near ${JSON.stringify(n.text.slice(0, 40))}`]);
    else if (n.hasError) n.children.forEach(visit);
  })(root);
  return found;
}

function plainText({ text }) {
  return text.split("\n").flatMap((row, i) => [
    ...(/[^\x20-\x7e]/.test(row) ? [[i + 1, "has a character that is not printable ASCII; Windows PowerShell reads files without a mark in the system's code page"]] : []),
    ...(/\s$/.test(row) ? [[i + 1, "ends with a blank"]] : []),
  ]).concat(text.endsWith("\n") ? [] : [[0, "does not end with a line feed"]]);
}

function verbs({ root }) {
  return [...nodes(root, "function_statement")].filter((f) => !/^[A-Z][A-Za-z]*-[A-Z][A-Za-z0-9]*$/.test(functionName(f)) || !VERBS.has(functionName(f).split("-")[0]))
    .map((f) => [line(f), `${functionName(f)} has no approved verb`]);
}

function strictFirst({ root }) {
  const statements = root.namedChildren.find((c) => c.type === "statement_list")?.namedChildren ?? [];
  const said = statements.slice(0, 2).map((s) => s.text.trim());
  return said[0] === "Set-StrictMode -Version Latest" && said[1] === "$ErrorActionPreference = 'Stop'" ? []
    : [[1, "begins with something else than Set-StrictMode -Version Latest and $ErrorActionPreference = 'Stop'"]];
}

function shouldProcess(script) {
  const found = [];
  const block = script.root.namedChildren.find((c) => c.type === "param_block");
  const binding = (b) => b && [...nodes(b, "attribute")].find((a) => /^\[?CmdletBinding/.test(a.text) || [...nodes(a, "attribute_name")][0]?.text === "CmdletBinding");
  if (!binding(block)) found.push([1, "has no CmdletBinding"]);
  else if (/SupportsShouldProcess\s*=\s*\$true/.test(binding(block).text) !== /ShouldProcess\(/.test(script.text)) {
    found.push([1, "supports ShouldProcess and never asks it, or asks and does not support it"]); // -WhatIf would look like a yes
  }
  for (const fn of nodes(script.root, "function_statement")) {
    const own = [...nodes(fn, "param_block")][0];
    if (!binding(own)) found.push([line(fn), `${functionName(fn)} has no CmdletBinding`]);
    else if (/ShouldProcess\(/.test(fn.text) && !/SupportsShouldProcess\s*=\s*\$true/.test(binding(own).text)) {
      found.push([line(fn), `${functionName(fn)} asks ShouldProcess and does not support it`]);
    }
  }
  return found;
}

/** Whether a node runs only after ShouldProcess has agreed, in its own function. */
function agreed(node) {
  let inner = node;
  for (const n of around(node)) {
    if (n.type === "function_statement") return false;
    if (n.type === "if_statement") {
      const condition = n.namedChildren[0];
      const body = n.namedChildren[1];
      // An "or" or a "not" beside it would let the deed through without it.
      const asks = [...nodes(condition, "invokation_expression")].some((i) => /^\$PSCmdlet\.ShouldProcess\(/.test(i.text));
      if (asks && body.id === inner.id && !/ -or /.test(condition.text) && !/-not\s+\$PSCmdlet\.ShouldProcess/.test(condition.text)) return true;
    }
    inner = n;
  }
  return false;
}

function asksFirst({ root }) {
  const found = [];
  for (const c of nodes(root, "command")) {
    if (DESTRUCTIVE.has(commandName(c).toLowerCase()) && !agreed(c)) found.push([line(c), `${commandName(c)} is not inside if ($PSCmdlet.ShouldProcess(…))`]);
  }
  for (const i of nodes(root, "invokation_expression")) {
    const method = i.namedChildren.find((c) => c.type === "member_name")?.text.toLowerCase();
    if (!DESTRUCTIVE_METHODS.has(method) || (functionOf(i) === LOGGING.function && method === LOGGING.method)) continue;
    if (!agreed(i)) found.push([line(i), `${method}() is not inside if ($PSCmdlet.ShouldProcess(…))`]);
  }
  return found;
}

function noAliases({ root }) {
  return [...nodes(root, "command")].map((c) => [c, commandName(c)]).filter(([, name]) => ALIASES.has(name.toLowerCase()))
    .map(([c, name]) => [line(c), `${name} is an alias`]);
}

function noForbidden({ root, text }) {
  const found = [...nodes(root, "command")].filter((c) => FORBIDDEN[commandName(c).toLowerCase()])
    .map((c) => [line(c), `${commandName(c)} ${FORBIDDEN[commandName(c).toLowerCase()]}`]);
  for (const p of nodes(root, "command_parameter")) {
    if (/^-e(nc?|ncodedcommand)?$/i.test(p.text)) found.push([line(p), `${p.text} hides what is run`]);
  }
  for (const i of nodes(root, "invokation_expression")) {
    if (/^\[ScriptBlock\]::Create|\.InvokeScript\(|^\[System\.Management\.Automation\.ScriptBlock\]::Create/i.test(i.text)) found.push([line(i), "makes code of text"]);
  }
  for (const m of text.matchAll(/http:\/\/(?!localhost\b|127\.0\.0\.1\b|\()[^\s'"]*/gi)) {
    found.push([text.slice(0, m.index).split("\n").length, `${m[0]} is not https`]);
  }
  return found;
}

function noSecrets({ root }) {
  return [...nodes(root, "script_parameter")].map((p) => [p, p.namedChildren.find((c) => c.type === "variable").text])
    .filter(([, name]) => /password|secret|token|credential|apikey|privatekey/i.test(name))
    .map(([p, name]) => [line(p), `${name} would be a secret in an argument, which every process can read`]);
}

function oldAndNew({ root }) {
  const found = [];
  for (const v of nodes(root, "variable")) {
    if (/^\$(IsWindows|IsLinux|IsMacOS|IsCoreCLR|PSStyle|PSNativeCommandUseErrorActionPreference)$/i.test(v.text)) found.push([line(v), `${v.text} does not exist in Windows PowerShell 5.1`]);
  }
  for (const t of nodes(root, "pipeline_chain_tail")) found.push([line(t), `${t.text} is syntax of PowerShell 7`]);
  for (const p of nodes(root, "command_parameter")) {
    if (/^-(Parallel|AsHashtable|SkipHttpErrorCheck|SkipCertificateCheck)$/i.test(p.text)) found.push([line(p), `${p.text} is PowerShell 7's`]);
  }
  return found;
}

function helpComplete(script) {
  const found = [];
  const sections = help(script);
  for (const want of ["SYNOPSIS", "DESCRIPTION", "EXAMPLE", "NOTES"]) {
    if (!sections[want]?.trim()) found.push([1, `the help has no ${want}`]);
  }
  const documented = Object.keys(sections).filter((s) => s.startsWith("PARAMETER ")).map((s) => s.slice(10));
  for (const p of parameters(script)) {
    if (!sections[`PARAMETER ${p}`]?.trim()) found.push([1, `the help does not tell of -${p}`]);
  }
  for (const p of documented) {
    if (!parameters(script).includes(p)) found.push([1, `the help tells of -${p}, which does not exist`]);
  }
  return found;
}

/** A script with a table $Given takes each parameter from a variable too, but for what belongs to none. */
function variablesDocumented(script) {
  const found = [];
  const given = Object.keys(table(script, "$Given"));
  if (given.length === 0) return found;
  const sections = help(script);
  const own = parameters(script);
  for (const p of own.filter((p) => !given.includes(p))) found.push([1, `-${p} is not in $Given`]);
  for (const p of given.filter((p) => !own.includes(p))) found.push([1, `${p} is in $Given and no parameter`]);
  for (const p of given) {
    if (!new RegExp(`\\bPORTICO_${p.toUpperCase()}\\b`).test(sections[`PARAMETER ${p}`] ?? "")) found.push([1, `the help of -${p} does not name its variable`]);
  }
  return found;
}

function exitsFromTable(script) {
  const found = [];
  const codes = table(script, "$ExitCode");
  const known = (name) => name in codes;
  for (const e of nodes(script.root, "flow_control_statement")) {
    if (!/^exit\b/i.test(e.text)) continue;
    const by = /^exit \$ExitCode(?:\.(\w+)|\[(\$\w+)\])$/.exec(e.text.trim());
    const handsOn = e.text.trim() === "exit $script:Code" && functionOf(e) === "Complete-Script";
    if (!by && !handsOn) found.push([line(e), `"${e.text}" is not from $ExitCode`]);
    else if (by?.[1] && !known(by[1])) found.push([line(e), `${by[1]} is not in $ExitCode`]);
  }
  for (const m of nodes(script.root, "member_access")) {
    const name = /^\$ExitCode\.(?!Keys$)(\w+)$/.exec(m.text)?.[1];
    if (name && !known(name)) found.push([line(m), `${name} is not in $ExitCode`]);
  }
  for (const c of nodes(script.root, "command")) {
    if (!/^Exit-(Script|Register)$/.test(commandName(c))) continue;
    const reason = /-Reason\s+(?:'(\w+)'|\$)/.exec(c.text);
    if (!reason) found.push([line(c), "Exit-Script without -Reason"]);
    else if (reason[1] && !known(reason[1])) found.push([line(c), `${reason[1]} is not in $ExitCode`]);
  }
  return found;
}

/** Functions that are called exist, are called with parameters that they have, and none is there for nothing. */
function functionsFit({ root }) {
  const found = [];
  const defined = new Map([...nodes(root, "function_statement")].map((f) => [functionName(f), f]));
  const used = new Set();
  for (const c of nodes(root, "command")) {
    const fn = defined.get(commandName(c));
    if (!fn) continue;
    if (functionOf(c) !== commandName(c)) used.add(commandName(c));
    const own = [...nodes(fn, "script_parameter")];
    const names = own.map((p) => p.namedChildren.find((v) => v.type === "variable").text.slice(1));
    const common = /SupportsShouldProcess\s*=\s*\$true/.test(fn.text) ? ["WhatIf", "Confirm"] : [];
    const elements = c.namedChildren.find((e) => e.type === "command_elements")?.namedChildren ?? [];
    const passed = elements.filter((e) => e.type === "command_parameter").map((e) => e.text.slice(1));
    for (const p of passed) {
      if (![...names, ...common].includes(p.replace(/:$/, ""))) found.push([line(c), `${commandName(c)} has no -${p}`]);
    }
    own.forEach((p, i) => {
      if (/Mandatory\s*=\s*\$true/.test(p.text) && !passed.includes(names[i])) found.push([line(c), `${commandName(c)} lacks -${names[i]}`]);
    });
  }
  for (const [name, fn] of defined) if (!used.has(name)) found.push([line(fn), `${name} is never called`]);
  return found;
}

/** Variables are set somewhere before strict mode trips over them. */
function variablesSet(script) {
  const automatic = new Set(("$_ $true $false $null $pscmdlet $psscriptroot $pscommandpath $psversiontable $pid $error $host $home $pwd $lastexitcode $executioncontext " +
    "$whatifpreference $confirmpreference $pshome $global:lastexitcode $verbosepreference $erroractionpreference $progresspreference $psboundparameters $myinvocation $matches").split(" "));
  const set = new Set([...nodes(script.root, "script_parameter")].map((p) => p.namedChildren.find((v) => v.type === "variable").text.toLowerCase()));
  for (const a of nodes(script.root, "left_assignment_expression")) set.add(a.text.trim().toLowerCase());
  for (const f of nodes(script.root, "foreach_statement")) set.add([...nodes(f, "variable")][0].text.toLowerCase());
  return [...nodes(script.root, "variable")]
    .map((v) => [v, v.text.toLowerCase().replace(/^@/, "$")])
    .filter(([, name]) => !automatic.has(name) && !/^\$env:/.test(name) && !set.has(name) && !set.has(name.replace("$script:", "$")))
    .map(([v]) => [line(v), `${v.text} is never set`]);
}

/** The help stays by itself, and whole: PowerShell takes comments on the next line into its last section, and ignores all of it for one word that it does not know. */
function helpApart(script) {
  const known = new Set("SYNOPSIS DESCRIPTION PARAMETER EXAMPLE INPUTS OUTPUTS NOTES LINK COMPONENT ROLE FUNCTIONALITY FORWARDHELPTARGETNAME FORWARDHELPCATEGORY REMOTEHELPRUNSPACE EXTERNALHELP".split(" "));
  const first = script.root.namedChildren[0];
  if (first?.type !== "comment") return [];
  const rows = script.text.split("\n");
  const end = first.text.split("\n").length;
  return [
    ...(rows[end]?.trim() === "" ? [] : [[end + 1, "follows the help without an empty line"]]),
    ...first.text.split("\n").flatMap((row, i) => {
      const word = /^\s*\.(\w+)(\s+(\S.*))?\s*$/.exec(row)?.[1];
      return word && !known.has(word.toUpperCase()) ? [[i + 1, `.${word} is no section of help, and makes PowerShell ignore all of it`]] : [];
    }),
  ];
}

/** Constrained language mode is told of before a method is called: its refusal would have another exit code. */
function languageFirst({ root }) {
  const statements = root.namedChildren.find((c) => c.type === "statement_list")?.namedChildren.filter((c) => c.type !== "comment") ?? [];
  const said = statements.slice(2, 4).map((s) => s.text);
  return /^\$ExitCode = @\{/.test(said[0] ?? "") && /^if \(\$ExecutionContext\.SessionState\.LanguageMode -ne 'FullLanguage'\) \{/.test(said[1] ?? "") ? []
    : [[1, "does something else before $ExitCode and the question for the language mode"]];
}

/** Where standard error is collected Windows PowerShell makes errors of another program's lines, and would end at the first. */
function programsMayTalk({ root }) {
  return [...nodes(root, "command")].filter((c) => c.namedChildren[0]?.type === "command_invokation_operator" && c.namedChildren[0].text === "&" && !/^&\s*(\{|\$Decide\b)/.test(c.text)).filter((c) => {
    const fn = [...around(c)].find((n) => n.type === "function_statement");
    return !fn || ![...nodes(fn, "assignment_expression")].some((a) => a.text === "$ErrorActionPreference = 'Continue'" && line(a) < line(c));
  }).map((c) => [line(c), "runs a program while $ErrorActionPreference is Stop"]);
}

/** "$name: text" asks for the variable "text" of a drive called name. */
function noDrives({ root }) {
  return [...nodes(root, "expandable_string_literal", "expandable_here_string_literal")].flatMap((s) =>
    [...s.text.matchAll(/(?<!`)\$(\w+):/g)].filter((m) => !/^(env|script|global|local)$/i.test(m[1])).map((m) => [line(s), `${m[0]} in a text is a drive; write \${${m[1]}}:`]));
}

/** What follows the path of a download's address can be a key to the store, and the log is for everybody. */
function noAddressTold({ root }) {
  const tells = [...nodes(root, "command")].filter((c) => /^(Exit-Script|Exit-Register|Write-.*)$/i.test(commandName(c)))
    .concat([...nodes(root, "invokation_expression")].filter((i) => /^\$PSCmdlet\.ShouldProcess\(/.test(i.text)));
  return tells.filter((n) => /\$(?:\w+\.)?(?:Msi)?Url\b/i.test(n.text)).map((n) => [line(n), "tells a whole address"]);
}

export const rules = {
  parses, plainText, verbs, strictFirst, shouldProcess, asksFirst, noAliases, noForbidden, noSecrets, oldAndNew, helpComplete, variablesDocumented, exitsFromTable,
  functionsFit, variablesSet, helpApart, languageFirst, programsMayTalk, noDrives, noAddressTold,
};
