package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Of each page of the archive, and of the repository, every link leads somewhere.
func TestEveryLinkOfAPageLeadsSomewhere(t *testing.T) {
	t.Run("in the archive", func(t *testing.T) {
		var raw bytes.Buffer
		if err := writeDeployment(&raw, os.DirFS("../.."), at, nil); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var pages []string
		for _, f := range z.File {
			if strings.HasSuffix(f.Name, ".md") {
				pages = append(pages, f.Name)
			}
		}
		linksLead(t, z, pages, 14)
	})
	t.Run("in the repository", func(t *testing.T) {
		list := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "*.md")
		list.Dir = "../.."
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		linksLead(t, os.DirFS("../.."), strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), 18)
	})
}

// linksLead follows the links of at least so many pages.
func linksLead(t *testing.T, files fs.FS, pages []string, least int) {
	t.Helper()
	if len(pages) < least {
		t.Errorf("there are only these pages: %q", pages)
	}
	for _, page := range pages {
		for _, broken := range brokenLinks(t, files, page) {
			t.Errorf("%s links to %s", page, broken)
		}
	}
}

// brokenLinks are the links of a page that lead nowhere, each with what is missing:
// the file, or the heading. Links to the web are not followed, except that those to
// this project have to name a file of it.
func brokenLinks(t *testing.T, files fs.FS, page string) (broken []string) {
	t.Helper()
	const web = "https://github.com/portico-desktop/portico/blob/v"
	text, err := fs.ReadFile(files, page)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range targets(string(text)) {
		if rest, ok := strings.CutPrefix(target, web); ok {
			_, name, _ := strings.Cut(rest, "/")
			name, heading, _ := strings.Cut(name, "#")
			if reason := leads(os.DirFS("../.."), name, heading); reason != "" {
				broken = append(broken, target+": "+reason)
			}
			continue
		}
		if strings.Contains(target, ":") {
			continue
		}
		name, heading, _ := strings.Cut(target, "#")
		name = path.Join(path.Dir(page), name)
		if strings.HasPrefix(target, "#") {
			name = page
		}
		if reason := leads(files, name, heading); reason != "" {
			broken = append(broken, target+": "+reason)
		}
	}
	return broken
}

// leads says why a link to a file, or to a heading of it, leads nowhere, or "".
func leads(files fs.FS, name, heading string) string {
	// An archive has no entries for folders, and opens them all the same.
	if _, err := fs.Stat(files, name); err != nil {
		return "there is no such file"
	}
	if heading == "" {
		return ""
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(headings(string(text)), heading) {
		return "there is no such heading"
	}
	return ""
}

var (
	fenced    = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	span      = regexp.MustCompile("`[^`\n]*`")
	inline    = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)`)
	reference = regexp.MustCompile(`(?m)^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)`)
	attribute = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
)

// targets are the targets of a page's links, however they are written.
func targets(page string) (all []string) {
	page = fenced.ReplaceAllString(page, "")
	page = span.ReplaceAllString(page, "")
	for _, form := range []*regexp.Regexp{inline, reference, attribute} {
		for _, m := range form.FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
	}
	return all
}

var (
	headingLine = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	linked      = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	unnamed     = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// headings are the names that headings get on the web: in small letters, without
// punctuation, with hyphens for blanks, and numbered where they repeat.
func headings(page string) (names []string) {
	seen := map[string]int{}
	for _, m := range headingLine.FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		name := linked.ReplaceAllString(m[1], "$1")
		name = strings.ReplaceAll(unnamed.ReplaceAllString(strings.ToLower(name), ""), " ", "-")
		n := seen[name]
		seen[name]++
		if n > 0 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		names = append(names, name)
	}
	return names
}

// The test above finds what is broken.
func TestBrokenLinksAreFound(t *testing.T) {
	dir := t.TempDir()
	page := "# Here\n\n[a](there.md) [b](gone.md) [c](there.md#no) [d](there.md#yes-it-is) [e](#here) [f](#not) ![g](gone.png)\n\n" +
		"```sh\n# [h](in-code.md)\n```\n\n`[i](in-code.md)` <a href=\"gone.html\">j</a> https://example.com\n\n[k]: gone-too.md\n" +
		"[l](https://github.com/portico-desktop/portico/blob/v1/LICENSE) [m](https://github.com/portico-desktop/portico/blob/v1/GONE)\n"
	for name, text := range map[string]string{"page.md": page, "there.md": "## Yes, it is\n"} {
		if err := os.WriteFile(path.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(brokenLinks(t, os.DirFS(dir), "page.md"), "\n")
	want := "gone.md: there is no such file\nthere.md#no: there is no such heading\n#not: there is no such heading\ngone.png: there is no such file\n" +
		"https://github.com/portico-desktop/portico/blob/v1/GONE: there is no such file\ngone-too.md: there is no such file\ngone.html: there is no such file"
	if got != want {
		t.Errorf("it found\n%s\nwant\n%s", got, want)
	}
}

func TestRelink(t *testing.T) {
	files := map[string]string{
		"README.md": "packaging/README.md", "POLICIES.md": "app/policy/POLICIES.md", "linux/README.md": "packaging/linux/README.md",
		"windows/policy/portico.admx": "packaging/windows/policy/portico.admx", "windows/RMM.md": "packaging/windows/RMM.md",
	}
	const web = "https://web.example/blob/v1/"
	for _, row := range []struct{ page, text, want string }{
		{"README.md", "[a](linux/README.md#policy)", "[a](linux/README.md#policy)"},
		{"README.md", "[a](../app/policy/POLICIES.md)", "[a](POLICIES.md)"},
		{"README.md", "[a](../README.md#the-console) b [c](#here)", "[a](" + web + "README.md#the-console) b [c](#here)"},
		{"README.md", "![a](../assets/a.png) [b](https://example.com/c) [d](mailto:e@example.com)", "![a](" + web + "assets/a.png) [b](https://example.com/c) [d](mailto:e@example.com)"},
		{"linux/README.md", "[a](../../app/policy/POLICIES.md#x) [b](../README.md)", "[a](../POLICIES.md#x) [b](../README.md)"},
		{"POLICIES.md", "[a](../../packaging/windows/policy/portico.admx) [b](../../packaging/windows/policy)", "[a](windows/policy/portico.admx) [b](windows/policy)"},
		{"windows/RMM.md", "[a](policy) [b](winget)", "[a](policy) [b](" + web + "packaging/windows/winget)"},
		{"README.md", "```sh\n[a](../x)\n```\n[b](../x)\n", "```sh\n[a](../x)\n```\n[b](" + web + "x)\n"},
	} {
		if got := string(relink([]byte(row.text), row.page, files, web)); got != row.want {
			t.Errorf("%s: %q became %q, want %q", row.page, row.text, got, row.want)
		}
	}
}
