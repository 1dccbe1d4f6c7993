package feed

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheThreeFormatsAreRead(t *testing.T) {
	want := []Entry{{"1", "Printers are back"}, {"2", "VPN & Wi-Fi"}}
	for format, raw := range map[Format]string{
		JSON: "\ufeff" + `{"announcements":[{"id":"1","title":"Printers are back","from":"2026-11-02T08:00:00Z"},{"id":"2","title":"VPN & Wi-Fi","later":1}]}`,
		Atom: `<?xml version="1.0" encoding="utf-8"?><!-- x --><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
			<entry><id>1</id><title>Printers are back</title></entry><entry><id>2</id><title type="html">VPN &amp; Wi-Fi</title></entry></feed>`,
		RSS: `<rss version="2.0"><channel><title>News</title><item><guid isPermaLink="false">1</guid><title>Printers are back</title></item>
			<item><link>2</link><title>VPN &amp; Wi-Fi</title></item></channel></rss>`,
	} {
		f, err := Parse([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if diff := cmp.Diff(&Feed{format, want}, f); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
	if f, err := Parse([]byte(`{"announcements":[]}`)); err != nil || len(f.Entries) != 0 {
		t.Errorf("no news: %v, %+v", err, f)
	}
}

func TestOtherDocumentsAreToldByTheirFault(t *testing.T) {
	for raw, want := range map[string]string{
		"":                               "empty",
		"  \n":                           "empty",
		"News":                           "neither JSON nor XML",
		"[1]":                            "neither JSON nor XML",
		"{":                              "not JSON",
		`{"items":[]}`:                   "without announcements",
		`{"announcements":{}}`:           "another shape",
		`{"announcements":[{"id":"1"}]}`: "announcements[0], which has no title",
		`{"announcements":[{"id":"1","title":"x","from":"today"}]}`: "another shape",
		"<!DOCTYPE html><html><body>Log on</body></html>":           "a web page",
		"<!-- nothing -->": "not XML",
		"<svg/>":           "<svg>",
		"<feed/>":          "<feed>",
		`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>x</title></entry></feed>`: "entry, number 1, which has no id",
		`<feed xmlns="http://www.w3.org/2005/Atom"><entry>`:                                "to its end",
		"<rss/>":                                "without a channel",
		"<rss><channel><item/></channel></rss>": "item, number 1, which has no id",
		`<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss><channel><title>&e;</title></channel></rss>`: "to its end",
		`<?xml version="1.0" encoding="koi8-r"?><rss/>`:                                                          "koi8-r",
		strings.Repeat("<a>", 100000):                                                                            "<a>",
		`{"announcements":` + strings.Repeat("[", 100000):                                                        "not JSON",
		`{"announcements":[{"id":"` + strings.Repeat("x", 3000) + `","title":"x"}]}`:                             "3000 bytes",
	} {
		f, err := Parse([]byte(raw))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "root:") {
			t.Errorf("%.60s: %v, %+v; want %q", raw, err, f, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"announcements":[{"id":"1","title":"x"}]}`))
	f.Add([]byte(`<rss><channel><item><guid>1</guid><title>x</title></item></channel></rss>`))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>x</title></entry></feed>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		feed, err := Parse(raw)
		if (feed == nil) == (err == nil) {
			t.Fatalf("%+v and %v", feed, err)
		}
		if feed == nil {
			return
		}
		for _, e := range feed.Entries {
			if e.ID == "" || e.Title == "" || len(e.Title) > 2*maxTitle {
				t.Errorf("%+v", e)
			}
		}
	})
}
