package main

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// link is a link of a page: [text](target), or a picture.
var link = regexp.MustCompile(`(\]\()([^()\s]+)(\))`)

// relink makes a page's links right for its place in the archive. A file that is not in
// it is linked to on the web, as it was in this version.
//
// files has the project's file for each file of the archive.
func relink(page []byte, name string, files map[string]string, web string) []byte {
	place := map[string]string{} // in the project: in the archive
	for in, from := range files {
		place[from] = in
		// A link may name a folder, such as the templates'.
		for in, from := path.Dir(in), path.Dir(from); path.Base(in) == path.Base(from) && in != "."; in, from = path.Dir(in), path.Dir(from) {
			place[from] = in
		}
	}
	at := path.Dir(files[name])
	return outsideCode(page, func(text string) string {
		return link.ReplaceAllStringFunc(text, func(whole string) string {
			parts := link.FindStringSubmatch(whole)
			target, anchor, _ := strings.Cut(parts[2], "#")
			if target == "" || strings.Contains(target, ":") {
				return whole
			}
			if anchor != "" {
				anchor = "#" + anchor
			}
			from := path.Join(at, target)
			in, ok := place[from]
			if !ok {
				return parts[1] + web + from + anchor + parts[3]
			}
			relative, err := filepath.Rel(path.Dir(name), in)
			if err != nil {
				return whole // both are relative, and Rel knows no other failure
			}
			return parts[1] + filepath.ToSlash(relative) + anchor + parts[3]
		})
	})
}

// outsideCode changes a page's text and leaves its blocks of code as they are.
func outsideCode(page []byte, change func(string) string) []byte {
	var out strings.Builder
	code := false
	for line := range strings.Lines(string(page)) {
		fence := strings.HasPrefix(strings.TrimLeft(line, " "), "```")
		if fence || code {
			out.WriteString(line)
		} else {
			out.WriteString(change(line))
		}
		code = code != fence
	}
	return []byte(out.String())
}

var setting = regexp.MustCompile(`(?m)^(Website|Version) = "(.+)"$`)

// webOf is the web address of the project's files of this version, with a slash at the
// end.
func webOf(project fs.FS) (string, error) {
	about, err := fs.ReadFile(project, "FyneApp.toml")
	if err != nil {
		return "", err
	}
	said := map[string]string{}
	for _, m := range setting.FindAllStringSubmatch(string(about), -1) {
		said[m[1]] = m[2]
	}
	if said["Website"] == "" || said["Version"] == "" {
		return "", errors.New("FyneApp.toml names no Website and Version")
	}
	return said["Website"] + "/blob/v" + said["Version"] + "/", nil
}
