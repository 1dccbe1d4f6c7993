// Package feed is a portal's news and its status, as documents: Portico's own JSON, Atom
// (RFC 4287) or RSS. Begin at [Parse]. By now it tells readable documents from others, and
// names their entries.
//
// The package fetches nothing and keeps nothing.
package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth/plain"
)

// Format is the format of a document.
type Format string

// The formats.
const (
	JSON Format = "json"
	Atom Format = "atom"
	RSS  Format = "rss"
)

// Feed is a readable document.
type Feed struct {
	Format  Format
	Entries []Entry
}

// Entry is a piece of news. ID tells it from the others, also tomorrow.
type Entry struct{ ID, Title string }

const (
	atomSpace = "http://www.w3.org/2005/Atom"
	// maxEntries bounds a feed: more of them are never shown.
	maxEntries = 1000
	maxTitle   = 500
	maxID      = 2000
)

// own is Portico's own format: announcements as in Portal API 1.
type own struct {
	Announcements []api.Announcement `json:"announcements"`
}

type rss struct {
	Channel *struct {
		Items []struct {
			GUID  string `xml:"guid"`
			Link  string `xml:"link"`
			Title string `xml:"title"`
		} `xml:"item"`
	} `xml:"channel"`
}

type atom struct {
	Entries []struct {
		ID    string `xml:"http://www.w3.org/2005/Atom id"`
		Title string `xml:"http://www.w3.org/2005/Atom title"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

// Parse reads a document. Its errors go on from the name of the document, as in "is a web
// page and no feed".
func Parse(raw []byte) (*Feed, error) {
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff")))
	switch {
	case len(raw) == 0:
		return nil, errors.New("is empty")
	case raw[0] == '{':
		return parseOwn(raw)
	case raw[0] == '<':
		return parseXML(raw)
	}
	return nil, errors.New("is neither JSON nor XML: a feed is Portico's JSON, Atom or RSS")
}

func parseOwn(raw []byte) (*Feed, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("is not JSON: %s", shown(err))
	}
	if _, ok := members["announcements"]; !ok {
		return nil, errors.New("is JSON without announcements; write {\"announcements\": [{\"id\", \"title\", \"from\"}]}")
	}
	var o own
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, fmt.Errorf("has announcements in another shape: %s", shown(err))
	}
	f := &Feed{Format: JSON}
	for i, a := range o.Announcements {
		if err := f.add(a.ID, a.Title); err != nil {
			return nil, fmt.Errorf("has announcements[%d], which %w", i, err)
		}
	}
	return f, nil
}

func parseXML(raw []byte) (*Feed, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	root, err := firstElement(d)
	if err != nil {
		return nil, fmt.Errorf("is not XML: %s", shown(err))
	}
	switch {
	case root.Name.Local == "feed" && root.Name.Space == atomSpace:
		return parseAtom(d, root)
	case root.Name.Local == "rss":
		return parseRSS(d, root)
	case strings.EqualFold(root.Name.Local, "html"):
		return nil, errors.New("is a web page and no feed")
	}
	return nil, fmt.Errorf("begins with <%s>, which is neither Atom nor RSS 2.0", plain.Text(root.Name.Local, maxTitle))
}

func firstElement(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

func parseAtom(d *xml.Decoder, root xml.StartElement) (*Feed, error) {
	var a atom
	if err := d.DecodeElement(&a, &root); err != nil {
		return nil, fmt.Errorf("is not XML to its end: %s", shown(err))
	}
	f := &Feed{Format: Atom}
	for i, e := range a.Entries {
		if err := f.add(e.ID, e.Title); err != nil {
			return nil, fmt.Errorf("has an entry, number %d, which %w", i+1, err)
		}
	}
	return f, nil
}

func parseRSS(d *xml.Decoder, root xml.StartElement) (*Feed, error) {
	var r rss
	if err := d.DecodeElement(&r, &root); err != nil {
		return nil, fmt.Errorf("is not XML to its end: %s", shown(err))
	}
	if r.Channel == nil {
		return nil, errors.New("is RSS without a channel")
	}
	f := &Feed{Format: RSS}
	for i, item := range r.Channel.Items {
		id := item.GUID
		for _, other := range []string{item.Link, item.Title} { // a guid may be missing in RSS 2.0
			if strings.TrimSpace(id) == "" {
				id = other
			}
		}
		if err := f.add(id, item.Title); err != nil {
			return nil, fmt.Errorf("has an item, number %d, which %w", i+1, err)
		}
	}
	return f, nil
}

// add takes an entry, and says against the wrong one how it goes on from "which".
func (f *Feed) add(id, title string) error {
	id, title = strings.TrimSpace(id), strings.TrimSpace(plain.Text(title, maxTitle))
	switch {
	case len(f.Entries) == maxEntries:
		return nil
	case id == "":
		return errors.New("has no id")
	case len(id) > maxID:
		return fmt.Errorf("has an id of %d bytes; %d are possible", len(id), maxID)
	case title == "":
		return errors.New("has no title")
	}
	f.Entries = append(f.Entries, Entry{id, title})
	return nil
}

func shown(err error) string { return plain.Text(err.Error(), maxTitle) }
