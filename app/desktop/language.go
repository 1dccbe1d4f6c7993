package desktop

import "golang.org/x/text/language"

// Language returns the languages this person prefers, best first, in BCP 47,
// for words.New; none when the system does not say.
func Language() []string {
	var languages []string
	for _, l := range systemLanguages() {
		// "C" and the like say nothing about a language.
		if _, err := language.Parse(l); err == nil {
			languages = append(languages, l)
		}
	}
	return languages
}
