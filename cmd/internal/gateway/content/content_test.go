package content

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

const (
	goodManifest = `{"version":1,"name":"Contoso IT","support":{"email":"help@contoso.example"},
"providers":[{"id":"m365","authority":"https://login.example/v2.0","client_id":"6f1c"}]}`
	goodMenus = `{"menus":[
 {"id":"mail","title":"Mail","url":"https://mail.example/"},
 {"id":"admin","title":"Administration","url":"https://admin.example/","audience":{"groups":["it"]}}]}`
	goodForm = `{"id":"laptop","title":"A new laptop","group":"Hardware",
"schema":{"type":"object","properties":{"site":{"type":"string"},"room":{"type":"string"}}},
"ui":{"type":"VerticalLayout","elements":[
 {"type":"Control","scope":"#/properties/site","options":{"portico":"dynamic"}},
 {"type":"Control","scope":"#/properties/room","options":{"portico":"dynamic"}}]},
"sources":{"site":{"file":"sites.json"},"/room":{"file":"rooms.json"}}}`
)

var (
	ada = audience.Person{ID: "p1", Address: "ada@contoso.example", Organization: "contoso", Groups: []string{"it"}}
	eve = audience.Person{ID: "p2", Address: "eve@fabrikam.example", Organization: "fabrikam"}
)

// put writes files into a folder with a good manifest.
func put(t testing.TB, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB, p Params, files map[string]string) *Content {
	t.Helper()
	if p.Folder == "" {
		p.Folder = t.TempDir()
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	put(t, p.Folder, map[string]string{manifestFile: goodManifest})
	put(t, p.Folder, files)
	c, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func menuIDs(s *Snapshot, p audience.Person) (ids []string) {
	menus, _ := s.Menus(p)
	for _, m := range menus {
		ids = append(ids, m.ID+" "+m.Title)
	}
	return ids
}

func said(s *Snapshot) (all []string) {
	for _, p := range s.Problems() {
		all = append(all, p.Error())
	}
	return all
}

func TestEachPersonGetsWhatIsForThem(t *testing.T) {
	c := open(t, Params{Organizations: []string{"contoso", "fabrikam"}}, map[string]string{
		"menus/1.json":                        goodMenus,
		"menus/2.json":                        `{"audience":{"organizations":["fabrikam"]},"menus":[{"id":"shop","title":"Shop","url":"https://shop.example/"}]}`,
		"menus/3.json":                        `[{"id":"wiki","title":"Wiki","url":"https://wiki.example/"}]`,
		"menus/.hidden.json":                  `not looked at`,
		"menus/1.json~":                       `not looked at`,
		"organizations/contoso/menus/x.json":  `[{"id":"mail","title":"Contoso mail","url":"https://mail.contoso.example/"}]`,
		"forms/laptop.json":                   goodForm,
		"organizations/fabrikam/forms/a.json": `{"id":"badge","title":"A badge","schema":{"type":"object","properties":{"name":{"type":"string"}}}}`,
		"options/sites.json":                  `[{"value":"b","title":"Berlin"}]`,
		"options/rooms.json":                  `[{"value":"1"}]`,
	})
	s := c.Current()
	if p := said(s); p != nil {
		t.Errorf("problems: %q", p)
	}
	for who, want := range map[*audience.Person][]string{
		&ada: {"mail Contoso mail", "admin Administration", "wiki Wiki"},
		&eve: {"mail Mail", "shop Shop", "wiki Wiki"},
	} {
		if diff := cmp.Diff(want, menuIDs(s, *who)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who.Address, diff)
		}
	}
	if _, ok := s.Form(ada, "badge"); ok {
		t.Error("somebody of another organization has its form")
	}
	if forms, _ := s.Forms(eve); len(forms) != 2 || forms[0].ID != "badge" {
		t.Errorf("%+v", forms)
	}
}

// A person's digest moves with the person's own content alone.
func TestDigestsAreAPersonsOwn(t *testing.T) {
	c := open(t, Params{}, map[string]string{"menus/1.json": goodMenus, "forms/laptop.json": goodForm})
	s := c.Current()
	_, before := s.Menus(ada)
	_, hers := s.Menus(eve)
	_, forms := s.Forms(ada)
	put(t, c.folder, map[string]string{"menus/1.json": strings.Replace(goodMenus, "Administration", "Admin", 1)})
	c.Reload()
	s2 := c.Current()
	if _, after := s2.Menus(ada); after == before {
		t.Error("Ada has another app, and the digest from before")
	}
	if _, after := s2.Menus(eve); after != hers {
		t.Error("Eve has the same apps, and another digest")
	}
	if _, after := s2.Forms(ada); after != forms {
		t.Error("Ada has the same forms, and another digest")
	}
	if s.Digest() == s2.Digest() {
		t.Error("the whole has the digest from before")
	}
}

func TestAFormsVersionMovesWithTheForm(t *testing.T) {
	c := open(t, Params{}, map[string]string{"forms/laptop.json": goodForm})
	f, _ := c.Current().Form(ada, "laptop")
	put(t, c.folder, map[string]string{"forms/laptop.json": strings.Replace(goodForm, "A new laptop", "A laptop", 1)})
	c.Reload()
	if g, _ := c.Current().Form(ada, "laptop"); g.Version == f.Version || g.Version == "" {
		t.Errorf("%q, and %q before", g.Version, f.Version)
	}
}

func TestAWrongFileKeepsItsLastGoodContentAndIsNamed(t *testing.T) {
	wide := `{"audience":{"groups":["it"],"everybody":true},"menus":[]}`
	for _, c := range []struct{ file, text, want string }{
		{"menus/1.json", `{"menus":[`, "menus/1.json: line 1, column 10 ends too early"},
		{"menus/1.json", ``, "menus/1.json is empty"},
		{"menus/1.json", `{"menus":[] ,}`, "menus/1.json: line 1, column 14 is not JSON"},
		{"menus/1.json", `{"menus":[]} []`, "menus/1.json: line 1, column 14 has something behind"},
		{"menus/1.json", `{"apps":[]}`, "menus/1.json: apps is not known here"},
		{"menus/1.json", `{}`, "menus/1.json: menus is missing"},
		{"menus/1.json", wide, "menus/1.json: everybody is not known here"},
		{"menus/1.json", `{"audience":{"groups":[]},"menus":[]}`, "menus/1.json: audience.groups is empty"},
		{"menus/1.json", `{"audience":{},"menus":[]}`, "menus/1.json: audience names nobody"},
		{"menus/1.json", `{"menus":[{"id":"a","title":"A","url":"https://a.example"},{"id":"b","title":"B","url":"javascript:x"}]}`, "menus/1.json: menus[1].url "},
		{"menus/1.json", `{"menus":[{"id":"a","title":"A","url":"https://a.example","audiance":{}}]}`, "menus/1.json: menus[0].audiance is not known"},
		{"menus/1.json", `{"menus":[{"id":7}]}`, "menus/1.json: menus[0].id has to be a text, not number"},
		{"forms/laptop.json", strings.Replace(goodForm, `"laptop"`, `"../x"`, 1), "forms/laptop.json: id is "},
		{"forms/laptop.json", strings.Replace(goodForm, `"A new laptop"`, `"A \u202enew"`, 1), "forms/laptop.json: title is too long or"},
		{"forms/laptop.json", strings.Replace(goodForm, `"string"`, `"strong"`, 1), "forms/laptop.json: /schema/properties/site/type"},
		{"forms/laptop.json", strings.Replace(goodForm, `"site":{"file"`, `"city":{"file"`, 1), "forms/laptop.json: sources.city is no field"},
		{"forms/laptop.json", strings.Replace(goodForm, `"sites.json"`, `"../sites.json"`, 1), "forms/laptop.json: sources.site.file has to be"},
		{"forms/laptop.json", strings.Replace(goodForm, `"sources"`, `"approval":{"by":[]},"sources"`, 1), "forms/laptop.json: approval.by names nobody"},
		{"options/sites.json", `[{"value":"b"},{"value":"b"}]`, "options/sites.json: [1].value is \"b\" for the second time"},
		{"options/sites.json", `[{"title":"b"}]`, "options/sites.json: [0].value is missing"},
		{"articles/a.json", `[{"title":"Printer","url":"http://x.example"}]`, "articles/a.json: [0].url has to be an address that begins with https://"},
		{manifestFile, `{"version":1,`, "portico.json: line "},
		{manifestFile, `{"version":1,"name":"X","providers":[]}`, "portico.json: providers has no provider"},
		{manifestFile, `<html>`, "portico.json is no manifest"},
	} {
		content := open(t, Params{}, map[string]string{
			"menus/1.json": goodMenus, "forms/laptop.json": goodForm, "options/sites.json": `[{"value":"b","title":"Berlin"}]`, "options/rooms.json": `[]`,
			"articles/a.json": `[{"title":"Printer","url":"https://x.example"}]`,
		})
		before := content.Current()
		if p := said(before); p != nil {
			t.Fatalf("problems before: %q", p)
		}
		put(t, content.folder, map[string]string{c.file: c.text})
		content.Reload()
		s := content.Current()
		if s.Digest() != before.Digest() {
			t.Errorf("%s with %.40q changes the content", c.file, c.text)
		}
		if all := said(s); len(all) == 0 || !strings.HasPrefix(all[0], c.want) || !strings.HasSuffix(all[0], "still in use)") {
			t.Errorf("%s with %.40q: %q, want %q", c.file, c.text, all, c.want)
		}
	}
}

func TestARemovedFileIsRemovedButTheManifest(t *testing.T) {
	c := open(t, Params{}, map[string]string{"menus/1.json": goodMenus})
	for _, name := range []string{"menus/1.json", manifestFile} {
		if err := os.Remove(filepath.Join(c.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		c.Reload()
		s := c.Current()
		if ids := menuIDs(s, ada); ids != nil {
			t.Errorf("left: %v", ids)
		}
		if all := said(s); len(all) != 1 || !strings.HasPrefix(all[0], "portico.json is missing") || s.Manifest().Name != "Contoso IT" {
			t.Errorf("%q", all)
		}
	}
}

func TestNothingBeginsWithoutAGoodManifest(t *testing.T) {
	folder := t.TempDir()
	for text, want := range map[string]string{"": "portico.json is missing", `{"version":2,"name":"x"}`: "portico.json: version is 2"} {
		if text != "" {
			put(t, folder, map[string]string{manifestFile: text})
		}
		if _, err := (Params{Folder: folder, Log: slog.New(slog.DiscardHandler)}).Open(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
		os.Remove(filepath.Join(folder, manifestFile))
	}
	if _, err := (Params{Folder: filepath.Join(folder, "missing")}).Open(); err == nil {
		t.Error("a missing folder is opened")
	}
}

func TestFilesAreHeldAgainstEachOther(t *testing.T) {
	c := open(t, Params{Organizations: []string{"contoso"}}, map[string]string{
		"forms/a.json":                      goodForm,
		"forms/b.json":                      goodForm,
		"menus/1.json":                      `{"audience":{"organizations":["contoso","contso"]},"menus":[{"id":"a","title":"A","url":"https://a.example"}]}`,
		"organizations/nobody/menus/1.json": `[]`,
		"forms/c.json":                      `{"id":"c","title":"C","schema":{"type":"object","properties":{"x":{"type":"string"}}},"ui":{"type":"Control","scope":"#/properties/x","options":{"portico":"dynamic"}}}`,
	})
	all := strings.Join(said(c.Current()), "\n")
	for _, want := range []string{
		`forms/b.json: id is "laptop" as in forms/a.json`,
		`forms/a.json: sources/room.file is "rooms.json"; there is no good file`,
		`menus/1.json: menus[0].audience.organizations[1] is "contso", which the settings do not have`,
		`forms/c.json: sources does not fit the field /x`,
		`organizations/nobody is for an organization that the settings do not have`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%s\nis not said in\n%s", want, all)
		}
	}
}

func TestALargeFileIsNotRead(t *testing.T) {
	c := open(t, Params{}, map[string]string{"menus/1.json": "[" + strings.Repeat(" ", maxFile) + "]"})
	if all := said(c.Current()); len(all) != 1 || !strings.Contains(all[0], "cannot be read: it has more than") {
		t.Errorf("%q", all)
	}
}

func FuzzFiles(f *testing.F) {
	for _, seed := range []string{goodMenus, goodForm, goodManifest, `[{"value":"b","title":"B","when":{"/a":"x"}}]`, `[{"title":"P","url":"https://x.example"}]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for kind, parse := range parsers() {
			good, faults := parse([]byte(text))
			if good == nil && len(faults) == 0 {
				t.Errorf("%s: %q is refused without a word", kind, text)
			}
		}
		parseManifest([]byte(text))
	})
}
