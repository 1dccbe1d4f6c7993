package main

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// deployed says what an administrator needs besides the packages: the folder in the
// archive, and the files of the project.
func deployed() map[string][]string {
	return map[string][]string{
		"windows":        {"packaging/windows/*.ps1", "packaging/windows/README.md", "packaging/windows/INTUNE.md", "packaging/windows/RMM.md", "packaging/windows/exit-codes.json"},
		"windows/policy": {"packaging/windows/policy/portico.admx"},
		"windows/policy/en-US": {
			"packaging/windows/policy/en-US/portico.adml",
		},
		"windows/policy/de-DE": {
			"packaging/windows/policy/de-DE/portico.adml",
		},
		"macos":        {"packaging/macos/install.sh", "packaging/macos/uninstall.sh", "packaging/macos/README.md"},
		"macos/policy": {"packaging/macos/policy/*"},
		"linux":        {"packaging/linux/install.sh", "packaging/linux/uninstall.sh", "packaging/linux/README.md"},
		"linux/policy": {"packaging/linux/policy/*"},
		"entra":        {"packaging/entra/*.sh", "packaging/entra/*.ps1", "packaging/entra/*.md", "packaging/entra/*.json"},
		"schema":       {"assets/schema/*.json"},
		"":             {"LICENSE", "packaging/README.md", "packaging/NETWORKS.md", "app/policy/POLICIES.md", "app/portal/PROVIDERS.md", "app/words/REFUSALS.md", "app/diag/DOCTOR.md", "app/diag/AUDIT.md"},
	}
}

// writeDeployment writes the archive. Every file in it has the same time. The guides
// get the packages' hashes, if there are any.
func writeDeployment(w io.Writer, project fs.FS, at time.Time, packages hashes) error {
	files := map[string]string{} // in the archive: in the project
	for folder, patterns := range deployed() {
		for _, pattern := range patterns {
			found, err := fs.Glob(project, pattern)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return fmt.Errorf("%s is missing; the deployment archive needs it", pattern)
			}
			for _, name := range found {
				if strings.HasSuffix(name, ".go") {
					continue
				}
				files[path.Join(folder, path.Base(name))] = name
			}
		}
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	web, err := webOf(project)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, name := range names {
		raw, err := fs.ReadFile(project, files[name])
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".md") {
			raw = []byte(packages.fill(string(relink(raw, name, files, web))))
		}
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
		header.SetMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			header.SetMode(0o755)
		}
		entry, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(raw); err != nil {
			return err
		}
	}
	return z.Close()
}
