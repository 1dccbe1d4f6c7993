// What scripts, guides and other files have to say alike, and the winget manifests.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { parse as parseYaml } from "yaml";
import { help, nodes, parameters, parseFile, table } from "./tree.mjs";

const windows = fileURLToPath(new URL("..", import.meta.url));
const entra = join(windows, "..", "entra");
const read = (...path) => readFileSync(join(windows, ...path), "utf8");
const { codes } = JSON.parse(read("exit-codes.json"));
const product = JSON.parse(read("product.json"));
const installers = ["Install-Portico.ps1", "Uninstall-Portico.ps1", "Test-Portico.ps1", "Remove-PorticoLeftovers.ps1"];
const scripts = [...installers.map((f) => join(windows, f)), join(entra, "register-app.ps1")].map(parseFile);
const words = (s) => s.replace(/\s+/g, " ").trim();

test("the exit codes are a table without doubt", () => {
  for (const s of scripts) {
    const mine = codes.filter((c) => c.scripts.includes(s.name)).map((c) => c.code);
    assert.equal(new Set(mine).size, mine.length, s.name);
  }
  assert.equal(new Set(codes.map((c) => c.name)).size, codes.length);
  for (const c of codes) {
    assert.deepEqual(Object.keys(c).filter((k) => k !== "by"), ["code", "name", "scripts", "intune", "meaning", "do"], c.name);
    assert.ok(["", "Success", "Failed", "Retry", "Soft reboot", "Hard reboot"].includes(c.intune), c.intune);
    for (const s of c.scripts) assert.ok(scripts.some((have) => have.name === s), s);
  }
  for (const want of [0, 3010, 1641, 1618, 1603, 1605]) assert.ok(codes.some((c) => c.code === want), String(want));
});

for (const script of scripts) {
  const mine = codes.filter((c) => c.scripts.includes(script.name) && !c.by);
  test(`${script.name}: it can end with each of them`, () => {
    for (const { name } of mine) {
      // What msiexec says is handed on by Get-CodeName.
      const handedOn = /Get-CodeName/.test(script.text) && ["RebootStarted", "RebootRequired"].includes(name);
      assert.ok(handedOn || new RegExp(`\\$ExitCode\\.${name}\\b|-Reason '${name}'`).test(script.text), name);
    }
  });
}

test("the scripts know the product as the installer does", () => {
  for (const script of scripts.slice(0, 4)) {
    const own = Object.fromEntries(Object.entries(table(script, "$Product")).map(([k, v]) => [k, v.replace(/^'|'$/g, "")]));
    const all = { Name: product.name, Manufacturer: product.manufacturer, UpgradeCode: product.upgradeCode, SettingsKey: product.settingsKey, RunValue: product.runValue, EventSource: product.eventSource };
    assert.deepEqual(own, Object.fromEntries(Object.keys(own).map((k) => [k, all[k]])), script.name);
    assert.ok(own.Name && own.Manufacturer && own.UpgradeCode, script.name);
    for (const m of nodes(script.root, "member_access")) {
      const key = /^\$Product\.(\w+)$/.exec(m.text)?.[1];
      assert.ok(!key || key in own, `${script.name}: $Product.${key} is not set, which strict mode refuses`);
    }
  }
  const [install] = scripts;
  for (const [property, name] of Object.entries(table(install, "$RememberedAs"))) {
    assert.equal(name.replace(/'/g, ""), product.properties[property].value);
  }
  for (const word of product.properties.AUTOSTART.allowed) assert.ok(install.text.includes(`'${word}'`), word);
  assert.ok(install.text.includes(`'${product.msi.replace("{version}", "*")}'`));
});

test("leftovers are the files that the installer puts there", () => {
  const files = [...read("msi", "portico.wxs").matchAll(/<File [^>]*\bName="([^"]+)"/g)].map((m) => m[1]);
  const programs = [...read("scripts", "shared", "begin.ps1").match(/^\$ProgramName = @\((.*)\)$/m)[1].matchAll(/'([^']+)'/g)].map((m) => `${m[1]}.exe`);
  const texts = [...read("scripts", "shared", "traces.ps1").match(/foreach \(\$text in @\((.*)\)\) \{/)[1].matchAll(/@\('([^']+)'/g)].map((m) => m[1]);
  assert.ok(files.length >= 5);
  assert.deepEqual([...programs, ...texts].sort(), files.sort());
});

test("the notes' command lines have parameters that exist", () => {
  let seen = 0;
  for (const file of ["INTUNE.md", "RMM.md", "REAL-WINDOWS.md"]) {
    for (const [, name, rest] of read(file).matchAll(/([A-Z][A-Za-z]*-[A-Za-z]+\.ps1)((?: +-?[^\s`|]+)*)/g)) {
      const script = scripts.find((s) => s.name === name);
      assert.ok(script, `${file}: ${name}`);
      for (const [, p] of rest.matchAll(/ -([A-Za-z0-9]+)/g)) {
        if (["Full", "o", "q"].includes(p)) continue; // Get-Help's, IntuneWinAppUtil's
        seen++;
        assert.ok([...parameters(script), "WhatIf", "Verbose", "Confirm"].includes(p), `${file}: ${name} has no -${p}`);
      }
    }
  }
  assert.ok(seen > 10, `only ${seen} parameters found`);
});

test("the notes' table of variables is whole", () => {
  const rows = new Map([...read("RMM.md").matchAll(/^\| (`P[^|]+) \| `-(\w+)`/gm)].map((m) => [m[2], [...m[1].matchAll(/`(\w+)`/g)].map((v) => v[1]).sort()]));
  const want = new Map();
  for (const script of scripts) {
    for (const p of Object.keys(table(script, "$Given"))) want.set(p, [`PORTICO_${p.toUpperCase()}`, ...(p === "PortalUrl" ? ["PORTALURL"] : [])].sort());
  }
  assert.deepEqual([...rows].sort(), [...want].sort());
});

test("examples in the help are understood", () => {
  for (const script of scripts) {
    for (const [section, text] of Object.entries(help(script))) {
      if (!section.startsWith("EXAMPLE")) continue;
      const command = text.trim().split("\n")[0];
      assert.ok(command.includes(script.name), command);
      for (const [, p] of command.split(script.name)[1].matchAll(/ -([A-Za-z0-9]+)/g)) assert.ok([...parameters(script), "WhatIf"].includes(p), command);
    }
  }
});

const REQUIRED = {
  version: ["PackageIdentifier", "PackageVersion", "DefaultLocale"],
  installer: ["PackageIdentifier", "PackageVersion", "Installers"],
  defaultLocale: ["PackageIdentifier", "PackageVersion", "PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"],
  locale: ["PackageIdentifier", "PackageVersion", "PackageLocale"],
};

test("the winget manifests are filled in from the package", () => {
  const dir = mkdtempSync(join(tmpdir(), "winget-"));
  try {
    // A stand-in for msiinfo, which reads real packages in the Windows tests.
    writeFileSync(join(dir, "msiinfo"), "#!/bin/sh\nprintf 'Property\\tValue\\r\\nProductVersion\\t1.2.3\\r\\nProductCode\\t{0F0F0F0F-0000-4000-8000-000000000000}\\r\\n'\n");
    chmodSync(join(dir, "msiinfo"), 0o755);
    writeFileSync(join(dir, "portico-1.2.3-x64.msi"), "abc");
    const url = "https://github.com/portico-desktop/portico/releases/download/v1.2.3/portico-1.2.3-x64.msi?a=1&b=2";
    const env = { ...process.env, PATH: `${dir}:${process.env.PATH}`, SOURCE_DATE_EPOCH: "1767225600" };
    const generate = join(windows, "winget", "generate.sh");
    execFileSync(generate, [join(dir, "portico-1.2.3-x64.msi"), url, join(dir, "out")], { env });

    const manifests = {};
    for (const file of readdirSync(join(dir, "out"))) {
      const text = readFileSync(join(dir, "out", file), "utf8");
      assert.doesNotMatch(text, /@[A-Z0-9]+@/, file);
      const m = parseYaml(text);
      manifests[m.ManifestType] = m;
      assert.match(text.split("\n")[0], new RegExp(`\\$schema=https://aka\\.ms/winget-manifest\\.${m.ManifestType}\\.1\\.6\\.0\\.schema\\.json$`), file);
      for (const key of REQUIRED[m.ManifestType]) assert.ok(m[key], `${file} has no ${key}`);
      assert.equal(m.PackageIdentifier, "PorticoDesktop.Portico");
      assert.equal(m.PackageVersion, "1.2.3");
      assert.equal(m.ManifestVersion, "1.6.0");
      const suffix = { version: "", installer: ".installer", defaultLocale: ".locale.en-US", locale: ".locale.de-DE" }[m.ManifestType];
      assert.equal(file, `PorticoDesktop.Portico${suffix}.yaml`);
      assert.ok((m.ShortDescription ?? "").length <= 256 && (m.Tags ?? []).length <= 16);
    }
    assert.deepEqual(Object.keys(manifests).sort(), Object.keys(REQUIRED).sort());
    const { Installers: [one], ...installer } = manifests.installer;
    assert.equal(one.InstallerSha256, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"); // of "abc"
    assert.equal(one.InstallerUrl, url);
    assert.equal(one.ProductCode, "{0F0F0F0F-0000-4000-8000-000000000000}");
    assert.equal(installer.ReleaseDate, "2026-01-01");
    assert.deepEqual(one.AppsAndFeaturesEntries[0], { DisplayName: product.name, Publisher: product.manufacturer, ProductCode: one.ProductCode, UpgradeCode: product.upgradeCode, InstallerType: "wix" });

    const slip = spawnSync(generate, [join(dir, "portico-1.2.3-x64.msi"), "ftp://files.example/a.msi", join(dir, "out")], { env, encoding: "utf8" });
    assert.equal(slip.status, 2);
    assert.match(slip.stderr, /https/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
