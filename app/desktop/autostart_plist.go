package desktop

import (
	"encoding/xml"
	"strings"
)

// programArguments is the command of a launch agent's XML property list
// (launchd.plist(5)). It is "" for a list without one and for anything but XML.
func programArguments(text string) string {
	d := xml.NewDecoder(strings.NewReader(text))
	// Property lists name a document type; whatever else they hold is not looked at.
	d.Strict = false
	var words []string
	var key, inside string
	within := false
	for {
		token, err := d.Token()
		if err != nil { // the end, or no XML
			return strings.Join(words, " ")
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local
			within = within || inside == "array" && key == "ProgramArguments"
		case xml.EndElement:
			if within && t.Name.Local == "array" {
				return strings.Join(words, " ")
			}
			inside = ""
		case xml.CharData:
			switch {
			case inside == "key":
				key = string(t)
			case inside == "string" && within:
				words = append(words, string(t))
			}
		}
	}
}
