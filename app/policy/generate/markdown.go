package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"howett.net/plist"

	"github.com/portico-desktop/portico/app/policy"
)

// table is the page for administrators.
func table() []byte {
	var b bytes.Buffer
	b.WriteString(introduction)
	fmt.Fprintf(&b, "\n| key | what it is | values | built-in default | people may decide | since |\n|---|---|---|---|---|---|\n")
	for _, k := range policy.Keys() {
		waits := ""
		if k.Waits != "" {
			waits = " ²"
		}
		personal := "no"
		if k.Personal {
			personal = "yes"
		}
		fmt.Fprintf(&b, "| [`%s`](#%s)%s | %s | %s | %s | %s | %s |\n", k.Name, strings.ToLower(string(k.Name)), waits, k.Title, cell(k.Allowed()), builtIn(k), personal, k.Since)
	}
	b.WriteString(footnotes)
	for _, group := range policy.Groups() {
		fmt.Fprintf(&b, "\n## %s\n", inEnglish().groups[group])
		for _, k := range policy.Keys() {
			if k.Group == group {
				section(&b, k)
			}
		}
	}
	return b.Bytes()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// builtIn is the value if nobody has said anything.
func builtIn(k policy.Key) string {
	switch {
	case k.Kind == policy.Tri:
		return fmt.Sprintf("`%s` ¹", k.Untouched)
	case k.Default == nil:
		return "none"
	case k.Unit != "":
		return fmt.Sprintf("`%v` %s", k.Default, k.Unit)
	}
	return fmt.Sprintf("`%v`", k.Default)
}

func section(b *bytes.Buffer, k policy.Key) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", k.Name, k.About)
	if k.Waits != "" {
		b.WriteString("This version keeps the value and does nothing with it yet.\n\n")
	}
	fmt.Fprintf(b, "Possible: %s.\n\n", k.Allowed())
	fmt.Fprintf(b, "```bat\nrem Windows (%s)\n%s\n```\n\n", registryType(k), registryLine(k))
	fmt.Fprintf(b, "```xml\n<!-- macOS -->\n%s\n```\n\n", plistLine(k))
	raw, _ := plainJSON(k.Example) // the examples are those of the table's tests
	fmt.Fprintf(b, "```js\n// Linux\n%q: %s\n```\n", string(k.Name), raw)
}

// registryLine sets a policy of the computer from a command prompt.
func registryLine(k policy.Key) string {
	var value string
	switch v := k.Example.(type) {
	case bool:
		value = map[bool]string{true: "1", false: "0"}[v]
	case []string:
		value = `"` + strings.Join(v, `\0`) + `"`
	case json.RawMessage:
		value = `"` + strings.ReplaceAll(string(v), `"`, `\"`) + `"`
	case string:
		if k.Kind == policy.File {
			v = `C:\ProgramData\Portico\authorities.pem`
		}
		value = `"` + v + `"`
	default:
		value = fmt.Sprint(v)
	}
	return fmt.Sprintf(`reg add HKLM\%s /v %s /t %s /d %s /f /reg:64`, registryKey, k.Name, registryType(k), value)
}

// plistLine is the key and its value in a property list.
func plistLine(k policy.Key) string {
	example := k.Example
	if raw, ok := example.(json.RawMessage); ok {
		var decoded any
		if err := json.Unmarshal(raw, &decoded); err != nil {
			panic(fmt.Sprintf("the example of %s: %v", k.Name, err))
		}
		example = decoded
	}
	text, err := plist.MarshalIndent(map[string]any{string(k.Name): example}, plist.XMLFormat, "  ")
	if err != nil {
		panic(fmt.Sprintf("the example of %s: %v", k.Name, err))
	}
	inner := string(text)
	inner = inner[strings.Index(inner, "<dict>\n")+len("<dict>\n") : strings.LastIndex(inner, "</dict>")]
	var lines []string
	for line := range strings.Lines(strings.TrimRight(inner, " \n")) {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(strings.TrimRight(line, "\n"), "  "), "  "))
	}
	return strings.Join(lines, "\n")
}

const introduction = `# What IT can decide

Written by ` + "`make generate`" + ` from the table in ` + "`app/policy/keys.go`" + `.

` + "`porticoctl policy`" + ` shows on any computer what counts, where each value comes from, and what is wrong; it needs no running Portico. ` + "`porticoctl policy KEY`" + ` explains one key. Its exit code is 13 when something is not used, and 0 otherwise.

## Where policies come from

| | for everybody on the computer | for one person | defaults |
|---|---|---|---|
| Windows | ` + "`HKLM\\Software\\Policies\\Portico`" + ` | ` + "`HKCU\\Software\\Policies\\Portico`" + ` | the key ` + "`Defaults`" + ` below either |
| macOS | a profile of scope System for ` + "`io.github.portico_desktop.Portico`" + `; without device management ` + "`/Library/Preferences/io.github.portico_desktop.Portico.plist`" + ` | a profile of scope User | the dictionary ` + "`Defaults`" + ` in either |
| Linux | ` + "`settings` in `/etc/portico/policy.json`" + ` | – | ` + "`defaults`" + ` in the same file |

Templates: [portico.admx](../../packaging/windows/policy/portico.admx) with
[English](../../packaging/windows/policy/en-US/portico.adml) and [German](../../packaging/windows/policy/de-DE/portico.adml) texts for Group Policy
and Intune, a [profile](../../packaging/macos/policy/portico.mobileconfig) and a
[preference manifest](../../packaging/macos/policy/io.github.portico_desktop.Portico.plist) for macOS, a
[sample](../../packaging/linux/policy/policy.json) and a [schema](../../assets/schema/policy.schema.json) for Linux.

On Windows the 64-bit view of the registry counts, whatever wrote it. On Linux and macOS the files, what symbolic links lead to, and every folder
above have to belong to root and may be written by nobody else; otherwise nothing of them is used.
Everybody has to be able to read the file and to enter its folder: whoever cannot has no policy. A file of more than 1 MiB is not read.
Try a Linux file before it is rolled out: ` + "`porticoctl policy --check policy.json`" + `.

## Which one counts

1. the policy of the computer
2. the policy of the user account
3. on Windows what the package was told, in ` + "`HKLM\\Software\\Portico`" + `, shown as set by the installer
4. an environment variable, for one run
5. the person's own setting, for the keys that people may decide
6. the defaults, first the computer's, then the user account's
7. the portal's manifest
8. what is built in

What 1, 2 or 3 sets is locked: Portico shows it to the person as managed. The value ` + "`user-decides`" + ` leaves it to the person, whatever 2 says.

A value that is wrong, a key that is not known and a file that cannot be read are reported (by ` + "`porticoctl policy`" + `, ` + "`porticoctl doctor`" + ` and under
Help → Check in the window) and never guessed: what is left counts as if they had not been said.

The keys that keep people out (` + "`SignInEnabled`, `AllowedDomains`, `AllowedTenants`, `PAR`, `DPoP`, `KioskMode`" + `) are the exception: while a value of one is wrong, nobody can sign in on that computer,
and the window says why. Of a list of them the entries that are right count, and the others are reported.

A file that cannot be read at all (a slip in its form, others who may write it, a device in its place) opens nothing either. A Portico that runs goes on with
what it said before, and tells of it after ten seconds, since editors write in two steps. At a start counts what it last said of these keys, of ` + "`PortalURL` and of `TokenStore`" + `,
which is kept where whoever is signed in has their sign-in; everything else of it does not. Where that is not known, nobody can sign in until the file is mended. Whoever
was signed in stays remembered. No file at all is no policy. ` + "`porticoctl policy --check FILE`" + ` tries a file before it is rolled out.

On Windows a value of another type than the templates write, as after ` + "`reg add`" + ` without ` + "`/t`" + `, counts where it can only mean one thing: one line with a list
(separated by ` + "`;` or `,`" + `), digits for a number, 0, 1, true or false. It is reported with the type that it has and the one that it should have.

A change reaches a running Portico by itself: within seconds on Windows and Linux, within five minutes on macOS. It is taken into use at once and recorded
(` + "`policy`" + ` in [the record of sign-ins](../diag/AUDIT.md)). ` + "`Language`, `Proxy`, `ProxyAuth`, `ExtraCAFile` and `TokenStore`" + ` count from the agent's next start.

## All keys
`

const footnotes = `
¹ That is what counts until the person decides. With ` + "`always` or `never`" + ` in a policy they cannot; the value ` + "`user-decides`" + ` leaves it to them.
² This version keeps the value, shows it and does nothing with it yet.

The examples below set the policy of the computer. On macOS they stand in the profile's payload or the preferences' dictionary, on Linux within
` + "`\"settings\": { … }`" + `. The same line below ` + "`Defaults` (`defaults`)" + ` only sets what counts until the person decides.
`
