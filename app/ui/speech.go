package ui

import (
	"maps"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/app/words"
)

// speech is the window's way with words: its texts, in the language in force, and
// problems and settings by the names people know.
type speech struct {
	*words.Words
	language string // the setting followed by Words
	// in are the texts for another value of it; nil keeps Words.
	in  func(language string) *words.Words
	now func() time.Time

	agent    *agent
	settings *settings
}

// speak changes the language of everything shown to the one in force now.
func (s *speech) speak() (changed bool) {
	language := s.settings.says(keyLanguage)
	if language == "" || language == s.language || s.in == nil {
		return false
	}
	s.language = language
	next := s.in(language)
	if next.Language() == s.Language() {
		return false
	}
	s.Words = next
	return true
}

// settingName is a setting as people know it, "" if the window has no name for it.
func (s *speech) settingName(key string) string {
	if key == keyPortalURL {
		return s.Text("window.settings.portal-url")
	}
	id := map[string]string{
		keyAutostart: "window.settings.autostart", keyStartHidden: "window.settings.hidden",
		keyCloseToTray: "window.settings.tray", keyRememberMe: "window.settings.remember",
		keyLanguage: "window.settings.language", keyTheme: "window.settings.look", keyBrowser: "window.settings.browser",
	}[key]
	if id == "" {
		return ""
	}
	return s.Text("window.settings.named", "Name", s.Text(id))
}

// managedBy says who has locked a setting.
func (s *speech) managedBy() string {
	if m := s.agent.state.Managed; m != nil && m.Name != "" {
		return s.Text("window.settings.managed-by", "Name", m.Name)
	}
	return s.Text("window.settings.managed")
}

// onOff are the words for a switch.
func (s *speech) onOff() kit.OnOff {
	return kit.OnOff{Off: s.Text("window.off"), On: s.Text("window.on")}
}

// moment is a time as people say it: the hour today, the date before.
func (s *speech) moment(t time.Time) string {
	now := s.now()
	t = t.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format(s.Text("window.date-format"))
}

// inWords is a problem in the window's words: ways in have their titles, and no step is
// for the console alone.
func (s *speech) inWords(p *localapi.Problem) words.Explanation {
	if p == nil || p.Params["providers"] == "" && p.Code != localapi.ChooseProvider {
		return s.decidedInWords(p)
	}
	named := *p
	named.Params = maps.Clone(p.Params)
	if titles := s.titles(p.Params["providers"]); titles != "" {
		named.Params["providers"] = titles
	}
	e := s.Problem(&named)
	if p.Code == localapi.ChooseProvider {
		e.Next = s.Text("window.out.choose-way")
	}
	return e
}

// decidedInWords is a problem with settings by the names people know; the part for IT
// keeps the keys. If the portal's address is IT's, the person cannot mend it.
func (s *speech) decidedInWords(p *localapi.Problem) words.Explanation {
	e := s.Problem(p)
	if p == nil {
		return e
	}
	if s.aboutPortal(p) && p.Who() == localapi.You && s.settings.portalFixed() {
		e.Who = s.Text("who.it")
		if p.Code != localapi.NameNotFound { // otherwise it is a matter of spelling
			e.Next = s.Text("window.portal-of-it")
		}
	}
	if name := s.settingName(p.Params["key"]); name != "" && (p.Code == localapi.SettingManaged || p.Code == localapi.SettingWrong) {
		named := *p
		named.Params = maps.Clone(p.Params)
		named.Params["key"] = name
		e.Text = s.Problem(&named).Text
	}
	return e
}

// aboutPortal says whether a problem may be one of the portal's address.
func (s *speech) aboutPortal(p *localapi.Problem) bool {
	if p == nil {
		return false
	}
	switch p.Code {
	case localapi.PortalAddress, localapi.PortalNotHTTPS, localapi.PortalNotFound, localapi.NotAPortal,
		localapi.PortalUnreachable, localapi.PortalFailing:
		return true
	case localapi.NameNotFound:
		host, _, _ := strings.Cut(hostOf(s.agent.state.PortalAddress), ":")
		return p.Params["host"] == host
	}
	return false
}

// titles are providers as people know them, given their ids as problems have
// them.
func (s *speech) titles(ids string) string {
	var titles []string
	for _, id := range providerIDs(ids) {
		if title := s.agent.providerTitle(id); title != "" {
			titles = append(titles, title)
		}
	}
	return strings.Join(titles, ", ")
}

// providerIDs are the ids in a problem's parameter "providers".
func providerIDs(param string) []string {
	return strings.FieldsFunc(param, func(r rune) bool { return r == ',' || r == ' ' })
}
