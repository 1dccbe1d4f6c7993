package redact

import "strings"

// addresses takes the user and the query out of every address and path.
func addresses(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for len(s) > 0 {
		end := strings.IndexAny(s, " \t\r\n\"'`<>")
		switch {
		case end < 0:
			end = len(s)
		case end == 0:
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		b.WriteString(address(s[:end]))
		s = s[end:]
	}
	return b.String()
}

// address is one word.
func address(word string) string {
	if !strings.ContainsAny(word, "@?#") {
		return word
	}
	text := strings.TrimRight(word, ".,;:)\\")
	tail := word[len(text):]
	before, rest, ok := strings.Cut(text, "://")
	switch {
	case ok:
		return before + "://" + located(rest) + tail
	case strings.HasPrefix(text, "//"):
		return "//" + located(text[2:]) + tail
	case strings.HasPrefix(text, "/"):
		path, query := splitQuery(text)
		return path + query + tail
	}
	return withoutUser(text) + tail
}

// located is an address without its scheme.
func located(rest string) string {
	end := strings.IndexAny(rest, "/?#\\")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = Mark + host[at:]
	} else if at := strings.LastIndexByte(path, '@'); at >= 0 && hasOddPort(host) {
		host, path = Mark, path[at:] // a password with a slash in it
	}
	path, query := splitQuery(path)
	// More addresses may follow without a space between, or stand in the path.
	if i := strings.Index(path, "://"); i >= 0 {
		path = path[:i+3] + located(path[i+3:])
	}
	return host + path + query
}

// hasOddPort is true if no port follows the colon: this may be the beginning of a
// password.
func hasOddPort(host string) bool {
	if strings.HasPrefix(host, "[") {
		return false
	}
	_, port, ok := strings.Cut(host, ":")
	return ok && strings.Trim(port, "0123456789") != ""
}

// splitQuery cuts the query and the fragment off, without their values.
func splitQuery(path string) (before, after string) {
	at := strings.IndexAny(path, "?#")
	if at < 0 {
		return path, ""
	}
	before, rest := path[:at], path[at:]
	query, fragment, hasFragment := strings.Cut(rest, "#")
	if query, ok := strings.CutPrefix(query, "?"); ok {
		parts := strings.Split(query, "&")
		for i, part := range parts {
			parts[i] = parameter(part)
		}
		after = "?" + strings.Join(parts, "&")
	}
	if hasFragment {
		after += "#"
		if fragment != "" {
			after += Mark
		}
	}
	return before, after
}

func parameter(part string) string {
	name, value, ok := strings.Cut(part, "=")
	switch {
	case part == "" || ok && (value == "" || isPublic(name)):
		return part
	case !ok:
		return Mark
	}
	return name + "=" + Mark
}

// isPublic is about parameters of use to support and nobody's secret.
func isPublic(name string) bool {
	switch name {
	case "client_id", "scope", "response_type", "response_mode", "prompt", "error", "grant_type", "code_challenge_method", "api-version":
		return true
	}
	return false
}

// withoutUser takes the user out of NAME:PASSWORD@HOST, as proxies are written too,
// and leaves mailto:ADDRESS.
func withoutUser(word string) string {
	at := strings.LastIndexByte(word, '@')
	if at < 0 || at == len(word)-1 {
		return word
	}
	user := word[:at]
	colon := strings.IndexByte(user, ':')
	if colon <= 0 || strings.Contains(user[:colon], "@") {
		return word
	}
	begin := strings.LastIndexAny(user[:colon], "=([{,;") + 1
	switch strings.ToLower(user[begin:colon]) {
	case "", "mailto", "sip", "sips", "acct", "xmpp", "im":
		return word
	}
	return word[:begin] + Mark + word[at:]
}
