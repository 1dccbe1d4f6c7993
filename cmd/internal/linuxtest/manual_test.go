//go:build linux

package linuxtest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var (
	helpFlag    = regexp.MustCompile(`(?m)^ {2,6}(?:-\w, )?(--[a-z-]+)`)
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+) {2,}`)
	helpCode    = regexp.MustCompile(`(?m)^ +(\d+)   `)
)

// The manual has every command, option and exit code that the program's own help has,
// each option where its command is.
func TestTheManualHasWhatTheHelpHas(t *testing.T) {
	root := unpacked(t, prepare(t))
	page := manual(t, root, "porticoctl.1")
	help := func(path ...string) string {
		t.Helper()
		cmd := exec.Command(root+"/usr/bin/porticoctl", append(path, "--help")...)
		cmd.Env = []string{"HOME=" + t.TempDir(), "LC_ALL=C.UTF-8"}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	whole := help()
	general := section(page, ".SH Options")
	var everywhere []string
	for _, m := range helpFlag.FindAllStringSubmatch(part(whole, "Options:"), -1) {
		everywhere = append(everywhere, m[1])
		if !named(general, m[1]) {
			t.Errorf("the manual's options lack %s", m[1])
		}
	}
	if len(everywhere) < 4 {
		t.Fatalf("the help has only %q for every command:\n%s", everywhere, whole)
	}
	codes := section(page, ".SH Exit status")
	for _, m := range helpCode.FindAllStringSubmatch(whole, -1) {
		if !strings.Contains(codes, "\n.B "+m[1]+"\n") {
			t.Errorf("the manual's exit codes lack %s", m[1])
		}
	}
	seen := 0
	var walk func(path ...string)
	walk = func(path ...string) {
		text := help(path...)
		if len(path) > 0 {
			own := section(page, ".SS "+strings.Join(path, " "))
			if own == "" {
				t.Errorf("the manual has nothing about porticoctl %s", strings.Join(path, " "))
			}
			for _, m := range helpFlag.FindAllStringSubmatch(part(text, "Options:"), -1) {
				seen++
				if !named(own, m[1]) && !named(general, m[1]) {
					t.Errorf("the manual of porticoctl %s lacks %s", strings.Join(path, " "), m[1])
				}
			}
		}
		for _, m := range helpCommand.FindAllStringSubmatch(part(text, "Commands:"), -1) {
			walk(append(path[:len(path):len(path)], m[1])...)
		}
	}
	walk()
	if seen < 60 {
		t.Errorf("only %d options were looked for", seen)
	}
	for _, program := range []string{"portico", "portico-agent"} {
		cmd := exec.Command(root+"/usr/bin/"+program, "--help")
		cmd.Env = []string{"HOME=" + t.TempDir(), "LC_ALL=C.UTF-8"}
		out, err := cmd.CombinedOutput()
		flags := regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(string(out), -1)
		if err != nil || len(flags) == 0 {
			t.Fatalf("%s: %v\n%s", program, err, out)
		}
		options := section(manual(t, root, program+".1"), ".SH Options")
		for _, m := range flags {
			if !named(options, "--"+m[1]) {
				t.Errorf("the manual of %s lacks --%s", program, m[1])
			}
		}
	}
}

// The README lists the console's options as the program does.
func TestTheREADMEHasTheUsageOfEveryCommand(t *testing.T) {
	root := unpacked(t, prepare(t))
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	page := manual(t, root, "porticoctl.1")
	for _, m := range regexp.MustCompile(`(?m)^\.SS (.+)$`).FindAllStringSubmatch(page, -1) {
		usage := strings.NewReplacer(`\-`, "-", `\&`, "", "...", "…").Replace(m[1])
		if text := strings.Join(strings.Fields(string(readme)), " "); !strings.Contains(text, "`"+usage+"`") {
			t.Errorf("README.md lacks `%s`", usage)
		}
	}
}

// manual is the source of a manual page.
func manual(t *testing.T, root, name string) string {
	t.Helper()
	return must(t, "zcat", root+"/usr/share/man/man"+name[len(name)-1:]+"/"+name+".gz")
}

// section is what stands below a heading of a page, up to the next one.
func section(page, heading string) string {
	begin := regexp.MustCompile(`(?mi)^` + regexp.QuoteMeta(heading) + `( \S*[^a-z \n].*| [A-Z].*)?$`).FindStringIndex(page)
	if begin == nil {
		return ""
	}
	rest := page[begin[1]:]
	if end := regexp.MustCompile(`(?m)^\.S[HS] `).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// part is what stands below a heading of a help, up to the next empty line.
func part(help, heading string) string {
	_, rest, _ := strings.Cut(help, "\n"+heading+"\n")
	rest, _, _ = strings.Cut(rest, "\n\n")
	return rest
}

// named says whether an option is an item of a section of a manual.
func named(section, flag string) bool {
	return regexp.MustCompile(`(?m)^\.B .*` + regexp.QuoteMeta(strings.ReplaceAll(flag, "-", `\-`)) + `( |$)`).MatchString(section)
}
