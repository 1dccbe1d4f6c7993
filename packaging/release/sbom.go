package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"

	"github.com/portico-desktop/portico/assets"
)

const self = "github.com/portico-desktop/portico"

// writeSBOM writes what the programs were built from as a CycloneDX document
// (ECMA-424). Packages are named by their package URL, hashes are go.sum's.
func writeSBOM(w io.Writer, programs []string, at time.Time) error {
	all, err := modules(programs)
	if err != nil {
		return err
	}
	bom := cyclonedx.NewBOM()
	root := purl(self, "v"+assets.Version)
	bom.Metadata = &cyclonedx.Metadata{
		Timestamp: at.Format(time.RFC3339),
		Component: &cyclonedx.Component{
			BOMRef: root, PackageURL: root, Type: cyclonedx.ComponentTypeApplication, Name: "Portico", Version: assets.Version,
			Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
		},
	}
	var components []cyclonedx.Component
	var names []string
	for _, m := range all {
		c := cyclonedx.Component{BOMRef: purl(m.Path, m.Version), PackageURL: purl(m.Path, m.Version), Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version}
		var licences cyclonedx.Licenses
		for _, id := range m.ids() {
			licences = append(licences, cyclonedx.LicenseChoice{License: licenceOf(id)})
		}
		c.Licenses = &licences
		if hash, ok := strings.CutPrefix(m.Sum, "h1:"); ok {
			raw, err := base64.StdEncoding.DecodeString(hash)
			if err != nil {
				return fmt.Errorf("the sum of %s: %w", m.Path, err)
			}
			// It is a hash of the module's file hashes, not of a file: a property,
			// since a component's hash would be compared with a download.
			c.Properties = &[]cyclonedx.Property{{Name: "go:sum:h1", Value: hex.EncodeToString(raw)}}
		}
		if m.Changed {
			c.Pedigree = &cyclonedx.Pedigree{Notes: "built with the changes that packaging/fyne/UPSTREAM.md describes"}
		}
		components = append(components, c)
		names = append(names, c.BOMRef)
	}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: root, Dependencies: &names}}
	var files []string
	for _, p := range programs {
		files = append(files, filepath.Base(p))
	}
	slices.Sort(files)
	// The same content has the same serial number.
	bom.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(root+"\n"+strings.Join(names, "\n")+"\n"+strings.Join(files, "\n"))).String()
	return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
}

// licenceOf names a licence. Google's grant of patents has no SPDX name.
func licenceOf(id string) *cyclonedx.License {
	if id == "GooglePatentsFile" {
		return &cyclonedx.License{Name: id}
	}
	return &cyclonedx.License{ID: id}
}

// purl is a package URL of type golang.
func purl(path, version string) string {
	if path == "std" {
		return "pkg:golang/std@" + strings.TrimPrefix(version, "go")
	}
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}
