package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/german"
	"github.com/portico-desktop/portico/app/policy/preferences"
	"github.com/portico-desktop/portico/assets"
)

const top = "../../.."

func TestGeneratedFilesAreWhatTheTableSays(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	again, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range all {
		got, err := os.ReadFile(filepath.Join(top, path))
		if err != nil {
			t.Errorf("%v; run make generate", err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s is not what the table says; make generate writes it anew (-table +file):\n%s", path, diff)
		}
		if !bytes.Equal(want, again[path]) {
			t.Errorf("%s is not the same twice", path)
		}
	}
}

func TestEveryFileNamesEveryKey(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range all {
		if strings.HasSuffix(path, "policy.json") || strings.HasSuffix(path, ".mobileconfig") {
			continue // samples
		}
		for _, k := range policy.Keys() {
			if !regexp.MustCompile(`\b` + string(k.Name) + `\b`).Match(text) {
				t.Errorf("%s does not name %s", path, k.Name)
			}
		}
	}
}

func TestSamplesAreGood(t *testing.T) {
	text, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	if valid, used := valid(t, validator(t), string(text)); !valid || !used {
		t.Errorf("valid %v, used %v", valid, used)
	}
	if text, err = profile(); err != nil {
		t.Fatal(err)
	}
	root, err := preferences.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	payload := root["PayloadContent"].([]any)[0].(map[string]any)
	if payload["PayloadType"] != domain || payload["PayloadUUID"] == root["PayloadUUID"] || root["PayloadType"] != "Configuration" {
		t.Errorf("%v", root)
	}
	// As device management lays it down: the payload without its own keys.
	settings, defaults := map[string]any{}, map[string]any{}
	for key, value := range payload {
		switch {
		case key == "Defaults":
			defaults = value.(map[string]any)
		case !strings.HasPrefix(key, "Payload"):
			settings[key] = value
		}
	}
	file, err := json.Marshal(map[string]any{"settings": settings, "defaults": defaults})
	if err != nil {
		t.Fatal(err)
	}
	if valid, used := valid(t, validator(t), string(file)); !valid || !used || len(settings) < 2 || len(defaults) < 1 {
		t.Errorf("%s: valid %v, used %v", file, valid, used)
	}
}

func TestThePreferenceManifestDescribesTheTable(t *testing.T) {
	text, err := preferenceManifest()
	if err != nil {
		t.Fatal(err)
	}
	root, err := preferences.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	described := func(subkeys any) map[string]map[string]any {
		all := map[string]map[string]any{}
		for _, sub := range subkeys.([]any) {
			key := sub.(map[string]any)
			all[key["pfm_name"].(string)] = key
		}
		return all
	}
	all := described(root["pfm_subkeys"])
	defaults := described(all["Defaults"]["pfm_subkeys"])
	for _, k := range policy.Keys() {
		if _, there := defaults[string(k.Name)]; there != k.Personal {
			t.Errorf("%s among the defaults: %v", k.Name, there)
		}
		key := all[string(k.Name)]
		kinds := map[policy.Kind]string{policy.Flag: "boolean", policy.Number: "integer", policy.List: "array", policy.Objects: "array"}
		want := kinds[k.Kind]
		if want == "" {
			want = "string"
		}
		about, _ := key["pfm_description"].(string)
		if key["pfm_type"] != want || key["pfm_title"] != k.Title || !strings.HasPrefix(about, k.About) || strings.Contains(about, "nothing with it yet") != (k.Waits != "") {
			t.Errorf("%s: %v", k.Name, key)
		}
		if pattern, ok := key["pfm_format"].(string); ok && !regexp.MustCompile(pattern).MatchString(k.Example.(string)) {
			t.Errorf("%s: the example does not match %s", k.Name, pattern)
		}
	}
}

func TestTheTableIsThereInGerman(t *testing.T) {
	texts, groups := german.Texts(), german.Groups()
	for _, k := range policy.Keys() {
		if text := texts[k.Name]; text.Title == "" || text.About == "" || text.About == k.About {
			t.Errorf("%s: %+v", k.Name, text)
		}
	}
	if len(texts) != len(policy.Keys()) {
		t.Errorf("%d texts for %d keys", len(texts), len(policy.Keys()))
	}
	for _, group := range policy.Groups() {
		if groups[group] == "" || inEnglish().groups[group] == "" {
			t.Errorf("%s has no name", group)
		}
	}
}

// The languages that may be chosen are those that there are texts for.
func TestLanguagesAreThoseOfTheTranslations(t *testing.T) {
	want := append([]string{"system"}, assets.Languages()...)
	k, _ := policy.Lookup(policy.Language)
	if got := slices.Sorted(slices.Values(k.Values)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("the policy Language has %v, and there are texts for %v", got, want)
	}
}

// No key is from a version that does not exist yet.
func TestKeysAreNoYoungerThanTheProgram(t *testing.T) {
	number := func(version string) string {
		var padded strings.Builder
		for part := range strings.SplitSeq(version, ".") {
			padded.WriteString(strings.Repeat("0", max(0, 5-len(part))) + part)
		}
		return padded.String()
	}
	for _, version := range versions() {
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) || number(version) > number(assets.Version) {
			t.Errorf("%s, and the program is %s", version, assets.Version)
		}
	}
}

// Every example of the page for administrators is one that the reader uses.
func TestExamplesOfThePageAreGood(t *testing.T) {
	page := string(table())
	blocks := regexp.MustCompile("(?s)```js\n// Linux\n(.*?)\n```").FindAllStringSubmatch(page, -1)
	if len(blocks) != len(policy.Keys()) {
		t.Fatalf("%d examples for %d keys", len(blocks), len(policy.Keys()))
	}
	for _, block := range blocks {
		if p := policy.Check([]byte(`{"settings":{`+block[1]+`}}`), "page"); len(p.Problems()) > 0 {
			t.Errorf("%s: %+v", block[1], p.Problems())
		}
	}
	for _, block := range regexp.MustCompile("(?s)```xml\n<!-- macOS -->\n(.*?)\n```").FindAllStringSubmatch(page, -1) {
		if values, err := preferences.Read([]byte(`<plist version="1.0"><dict>` + block[1] + `</dict></plist>`)); err != nil || len(values) != 1 {
			t.Errorf("%s: %v, %v", block[1], values, err)
		}
	}
	links := regexp.MustCompile(`\]\((\.\./[^)]+)\)`).FindAllStringSubmatch(page, -1)
	if len(links) < 5 {
		t.Errorf("only %d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(top, "app/policy", link[1])); err != nil {
			t.Error(err)
		}
	}
}

// The page has to say which keys let nobody in while they are wrong.
func TestThePageNamesTheKeysThatRestrict(t *testing.T) {
	var names []string
	for _, k := range policy.Keys() {
		if k.Restricts {
			names = append(names, "`"+string(k.Name)+"`")
		}
	}
	if said := "The keys that keep people out (" + strings.Join(names, ", ") + ")"; !strings.Contains(introduction, said) {
		t.Errorf("it does not say: %s", said)
	}
}
