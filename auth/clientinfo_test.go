package auth

import (
	"encoding/base64"
	"strings"
	"testing"
)

const someTenant = "11111111-aaaa-4000-8000-000000000001"

func encoded(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }

func TestClientInfo(t *testing.T) {
	good := `{"uid":"33333333-cccc-4000-8000-000000000003","utid":"` + someTenant + `"}`
	tests := map[string]struct {
		raw  string
		good bool
	}{
		"as Entra sends it":   {encoded(good), true},
		"with more in it":     {encoded(strings.Replace(good, "{", `{"extra":[1],`, 1)), true},
		"padded":              {base64.URLEncoding.EncodeToString([]byte(good)), true},
		"nothing":             {"", false},
		"no base64":           {"{}", false},
		"no JSON":             {encoded("uid"), false},
		"null":                {encoded("null"), false},
		"no object":           {encoded(`["uid","utid"]`), false},
		"no utid":             {encoded(`{"uid":"x"}`), false},
		"no uid":              {encoded(`{"utid":"` + someTenant + `"}`), false},
		"utid that is no id":  {encoded(`{"uid":"x","utid":"organizations"}`), false},
		"utid of another way": {encoded(`{"uid":"x","utid":7}`), false},
		"endless":             {strings.Repeat("A", 1<<20), false},
		"a uid without end":   {encoded(`{"uid":"` + strings.Repeat("x", 300) + `","utid":"` + someTenant + `"}`), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			info, err := parseClientInfo(test.raw)
			if (err == nil) != test.good {
				t.Fatalf("%+v, %v", info, err)
			}
			if test.good && info.Tenant != someTenant || !test.good && info != (clientInfo{}) {
				t.Errorf("info = %+v", info)
			}
		})
	}
}

func FuzzClientInfo(f *testing.F) {
	for _, seed := range []string{"", encoded(`{"uid":"a","utid":"` + someTenant + `"}`), encoded("{}"), "====", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		info, err := parseClientInfo(raw)
		if err != nil && info != (clientInfo{}) {
			t.Errorf("something was read of what cannot be: %+v", info)
		}
		if err == nil && (!guid().MatchString(info.Tenant) || info.Object == "") {
			t.Errorf("accepted: %+v", info)
		}
	})
}

func TestIdsInDescriptions(t *testing.T) {
	const id = "00000000-7ace-4000-8000-000000000001"
	for description, want := range map[string]string{
		"AADSTS50011: … Trace ID: " + id + " Correlation ID: x": id,
		"AADSTS50011: …\r\nTrace ID: " + id + "\r\nTimestamp":   id,
		"Trace ID:" + id:       id,
		"Trace ID: <script>":   "",
		"Trace ID: 1":          "",
		"no such thing":        "",
		"Trace ID: zz" + id:    "",
		"Some Trace ID: " + id: id,
	} {
		if got := idIn(description, "Trace ID"); got != want {
			t.Errorf("%q: %q, want %q", description, got, want)
		}
	}
}
