package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/portico-desktop/portico/app/picture"
)

const (
	maxDepth    = 32
	maxElements = 20_000
	maxUses     = 64
)

// element is an element of a drawing, with its kept attributes.
type element struct {
	name     string
	attrs    []attr
	text     string // of a style sheet
	children []*element
	id       string
	// uses: there is a use in it, or was before it was resolved.
	uses bool
}

type attr struct{ name, value string }

// reader makes elements out of the allowed parts of a drawing.
type reader struct {
	path []*element
	root *element
	// skipped is our depth in a part passed over, 0 outside of one, and defs our depth
	// in definitions.
	skipped, defs int
	elements      int
	uses          int
	// ids are the finished elements, by their ids.
	ids map[string]*element
}

// rewritten is a drawing written anew. Only allowed elements and attributes are left, and
// each use is replaced by its target.
func rewritten(raw []byte) ([]byte, error) {
	tokens := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	tokens.CharsetReader = latin1
	r := &reader{ids: make(map[string]*element)}
	for {
		token, err := tokens.Token()
		switch {
		case errors.Is(err, io.EOF) && r.root == nil:
			return nil, picture.Refuse("is neither a PNG nor an SVG picture")
		case errors.Is(err, io.EOF):
			return written(r.root)
		case err != nil && r.root == nil && len(r.path) == 0:
			return nil, picture.Refuse("is neither a PNG nor an SVG picture")
		case err != nil:
			return nil, picture.Refuse("is broken: %v", err)
		}
		if err := r.take(token); err != nil {
			return nil, err
		}
	}
}

// latin1 reads any other encoding than UTF-8 byte by byte. In a drawing whose words are
// not shown only ASCII counts, and all encodings in use for drawings have it.
func latin1(_ string, input io.Reader) (io.Reader, error) {
	raw, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, b := range raw {
		out.WriteRune(rune(b))
	}
	return &out, nil
}

func (r *reader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		// Declarations may define the meaning of the rest of the file.
		if bytes.ContainsRune(t, '[') {
			return picture.Refuse("has a DOCTYPE with declarations of its own")
		}
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		return r.end()
	case xml.CharData:
		if n := len(r.path); r.skipped == 0 && n > 0 && r.path[n-1].name == "style" {
			r.path[n-1].text += string(t)
		}
	}
	return nil
}

func (r *reader) start(t xml.StartElement) error {
	name := t.Name.Local
	if r.elements++; r.elements > maxElements {
		return tooMany()
	}
	if len(r.path)+r.skipped >= maxDepth {
		return tooDeep()
	}
	foreign := t.Name.Space != "" && t.Name.Space != svgNamespace
	switch {
	case len(r.path) == 0 && r.root != nil:
		return picture.Refuse("goes on after its end")
	case len(r.path) == 0 && (name != "svg" || foreign):
		return picture.Refuse("is no drawing: it begins with <%s>", shortened(name))
	case r.skipped > 0, foreign, isPassedOver(name), r.defs > 0 && !isAllowed(name):
		r.skipped++
		return nil
	case !isAllowed(name):
		return picture.Refuse("has the element <%s>, which no logo may have", shortened(name))
	}
	e := &element{name: name}
	for _, a := range t.Attr {
		if a.Name.Local == "id" && a.Name.Space == "" {
			e.id = a.Value
		}
		if err := e.keep(a); err != nil {
			return err
		}
	}
	if name == "defs" {
		r.defs++
	}
	r.path = append(r.path, e)
	return nil
}

func tooMany() error { return picture.Refuse("has more than %d elements", maxElements) }
func tooDeep() error { return picture.Refuse("is nested deeper than %d elements", maxDepth) }

// keep takes an attribute that counts.
func (e *element) keep(a xml.Attr) error {
	name := a.Name.Local
	if e.name == "use" && (name == "href" || a.Name.Space == "" && (name == "x" || name == "y")) {
		e.attrs = append(e.attrs, attr{name, a.Value})
		return checkNumbers(name, a.Value)
	}
	if a.Name.Space != "" || !keeps(e.name, name) {
		return nil
	}
	e.attrs = append(e.attrs, attr{name, a.Value})
	return checkNumbers(name, a.Value)
}

func (r *reader) end() error {
	if r.skipped > 0 {
		r.skipped--
		return nil
	}
	e := r.path[len(r.path)-1]
	r.path = r.path[:len(r.path)-1]
	switch e.name {
	case "defs":
		r.defs--
	case "style":
		if err := checkSheet(e.text); err != nil {
			return err
		}
	case "use":
		if r.defs > 0 {
			e.uses = true // whoever uses it in turn is refused
			break
		}
		resolved, err := r.resolve(e)
		if err != nil {
			return err
		}
		e = resolved
	}
	if _, taken := r.ids[e.id]; e.id != "" && !taken {
		r.ids[e.id] = e
	}
	if len(r.path) == 0 {
		r.root = e
		return nil
	}
	above := r.path[len(r.path)-1]
	above.uses = above.uses || e.uses
	if above.name != "use" && above.name != "style" {
		above.children = append(above.children, e)
	}
	return nil
}

// resolve replaces a use: by a group of the named element, moved as the use asks for
// (SVG 1.1, section 5.6).
func (r *reader) resolve(use *element) (*element, error) {
	if r.uses++; r.uses > maxUses {
		return nil, picture.Refuse("uses its own parts more than %d times", maxUses)
	}
	group := &element{name: "g", id: use.id, uses: true}
	x, y, target := "0", "0", ""
	for _, a := range use.attrs {
		switch a.name {
		case "x":
			x = a.value
		case "y":
			y = a.value
		case "href":
			target = a.value
		default:
			group.attrs = append(group.attrs, a)
		}
	}
	id, local := strings.CutPrefix(target, "#")
	named := r.ids[id]
	switch {
	case !local || id == "":
		return nil, picture.Refuse("uses %q, which is no part of it", shortened(target))
	case named == nil:
		return nil, picture.Refuse("uses %q, which does not stand before", shortened(target))
	case named.uses:
		return nil, picture.Refuse("uses %q, which uses something itself", shortened(target))
	case named.name != "g" && !isShape(named.name):
		return nil, picture.Refuse("uses %q, which is <%s> and draws nothing", shortened(target), named.name)
	}
	group.children = []*element{named}
	if x != "0" || y != "0" {
		group.children = []*element{{name: "g", attrs: []attr{{"transform", "translate(" + x + "," + y + ")"}}, children: group.children}}
	}
	return group, nil
}

// writer writes a drawing, up to picture.MaxBytes.
type writer struct {
	bytes.Buffer
	elements int
}

func written(root *element) ([]byte, error) {
	w := &writer{}
	if err := w.element(root, 1, false); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// element writes an element and its content. Of definitions only those referred to by
// name are left: everything else was put at its place of use.
func (w *writer) element(e *element, depth int, defined bool) error {
	defined = defined || e.name == "defs"
	if defined && (isShape(e.name) || e.name == "g" || e.name == "use" || e.name == "svg") {
		return nil
	}
	if w.elements++; w.elements > maxElements {
		return tooMany()
	}
	if depth > maxDepth {
		return tooDeep()
	}
	w.WriteString("<" + e.name)
	if e.name == "svg" {
		w.WriteString(` xmlns="` + svgNamespace + `"`)
	}
	for _, a := range e.attrs {
		w.WriteString(" " + a.name + `="`)
		_ = xml.EscapeText(w, []byte(a.value)) // a buffer takes everything
		w.WriteByte('"')
	}
	w.WriteByte('>')
	empty := w.Len()
	_ = xml.EscapeText(w, []byte(e.text))
	for _, child := range e.children {
		if err := w.element(child, depth+1, defined); err != nil {
			return err
		}
	}
	if w.Len() == empty {
		w.Truncate(empty - 1)
		w.WriteString("/>")
	} else {
		w.WriteString("</" + e.name + ">")
	}
	if w.Len() > picture.MaxBytes {
		return picture.Refuse("is larger than %d bytes after its parts are put where they are used", picture.MaxBytes)
	}
	return nil
}
