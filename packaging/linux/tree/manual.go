package main

import "strings"

// manuals writes a page for each program, and one for the policy.
func (b *build) manuals() error {
	window, err := b.flags("portico")
	if err != nil {
		return err
	}
	agent, err := b.flags("portico-agent")
	if err != nil {
		return err
	}
	console, err := b.console()
	if err != nil {
		return err
	}
	policy, err := b.policyPage()
	if err != nil {
		return err
	}
	for name, p := range map[string]*page{
		"man1/portico.1":        b.windowPage(window),
		"man1/portico-agent.1":  b.agentPage(agent),
		"man1/porticoctl.1":     b.consolePage(console),
		"man5/portico-policy.5": policy,
	} {
		packed, err := p.gzipped()
		if err != nil {
			return err
		}
		if err := b.write("usr/share/man/"+name+".gz", packed); err != nil {
			return err
		}
	}
	return nil
}

func (b *build) windowPage(c command) *page {
	p := b.newPage("portico", 1)
	p.heading("Name")
	p.text("portico - the window of the desktop companion of your IT team's portal")
	p.heading("Synopsis")
	p.text("portico [OPTION]... [portico://ADDRESS]")
	p.heading("Description")
	p.text("Shows who is signed in, and the portal. It starts portico-agent, the background program, if none runs, and does not end it when it is closed.\n" +
		"There is one window for each person: starting it again brings it to the front, and so does a link that begins with portico:.")
	p.options(c.options)
	p.heading("Exit status")
	p.text("0 when the window was closed or another one is open already, 1 when no window can be shown, as without a display or OpenGL, 2 for wrong usage. The agent needs no window and runs on.")
	p.ending("portico-agent(1), porticoctl(1), portico-policy(5)")
	return p
}

func (b *build) agentPage(c command) *page {
	p := b.newPage("portico-agent", 1)
	p.heading("Name")
	p.text("portico-agent - Portico's background program: tray icon, sign-in, portal")
	p.heading("Synopsis")
	p.text("portico-agent [OPTION]...")
	p.heading("Description")
	p.text("Keeps the person signed in and shows the tray icon. It draws nothing and needs no window system. There is one for each person; a second one ends at once.\n" +
		"At log-on it is started by /etc/xdg/autostart/" + appID + ".desktop, with --autostart: it then asks the policy and the person's setting whether it is wanted, and ends with 0 if not. " +
		"The systemd user unit portico-agent.service does the same where an administrator prefers it; it is not enabled by default.")
	p.options(c.options)
	p.heading("Exit status")
	p.text("0 when it was ended, its log-on session has (the message bus, and none comes back within ten seconds), its runtime directory is another one, it is not wanted at log-on, or runs already; 1 when something unexpected happened; 2 for wrong usage.")
	p.ending("portico(1), porticoctl(1), portico-policy(5), systemd.unit(5)")
	return p
}

func (b *build) consolePage(c command) *page {
	p := b.newPage("porticoctl", 1)
	p.heading("Name")
	p.text("porticoctl - Portico on a console, for people, scripts and support")
	p.heading("Synopsis")
	p.text("porticoctl " + c.usage)
	p.heading("Description")
	p.text(c.text)
	p.WriteString(".PP\n")
	p.text("Every command takes --json and then writes one JSON document to standard output. Progress and failures go to standard error, and nothing is asked unless a person sits at a terminal. " +
		"A command works through the agent that runs, and does the same work itself where none does.")
	p.options(c.options)
	p.heading("Commands")
	global := map[string]bool{}
	for _, o := range c.options {
		global[o.flags] = true
	}
	p.commands(c.commands, global)
	p.heading("Exit status")
	for _, e := range c.exits {
		p.item(e.code, e.about)
	}
	p.ending("portico(1), portico-agent(1), portico-policy(5)")
	return p
}

// commands describes each with its own options.
func (p *page) commands(list []command, global map[string]bool) {
	for _, c := range list {
		name := strings.TrimPrefix(c.name, "porticoctl ")
		p.subheading(strings.TrimSpace(name + " " + c.usage))
		text := c.text
		if text == "" {
			text = c.short
		}
		p.text(text)
		for _, o := range c.options {
			if !global[o.flags] {
				p.item(o.flags, o.about)
			}
		}
		p.commands(c.commands, global)
	}
}

func (p *page) options(list []option) {
	p.heading("Options")
	for _, o := range list {
		p.item(o.flags, o.about)
	}
}

// ending is the common part of the programs' pages.
func (p *page) ending(seeAlso string) {
	p.heading("Environment")
	for _, v := range [][2]string{
		{"PORTICO_PORTAL", "the portal's address, for one run"},
		{"PORTICO_DATA_DIR", "the folder for every file, as with --data-dir"},
		{"PORTICO_EXTRA_CA_FILE", "a PEM file of certificate authorities that are trusted besides the system's"},
		{"BROWSER", "the command that opens web addresses; %s or its last argument is the address"},
		{"HTTPS_PROXY, NO_PROXY", "the proxy, and what does not go through it"},
	} {
		p.item(v[0], v[1])
	}
	p.heading("Files")
	for _, f := range [][2]string{
		{"/etc/portico/policy.json", "what the administrator has decided; see portico-policy(5)"},
		{"$XDG_DATA_HOME/portico", "the person's settings (~/.local/share/portico)"},
		{"$XDG_CACHE_HOME/portico", "what can be fetched again (~/.cache/portico)"},
		{"$XDG_STATE_HOME/portico/logs", "the log, and the last crash (~/.local/state/portico/logs)"},
		{"$XDG_RUNTIME_DIR/portico", "the socket of the agent; where the variable is missing or names nothing, in /run/user/UID/portico, and without a log-on session in ~/.cache/portico-run"},
	} {
		p.item(f[0], f[1])
	}
	p.WriteString(".PP\n")
	p.text("Sign-ins are in the key store of the desktop (Secret Service), not in files.")
	p.heading("See also")
	p.text(seeAlso + "\nhttps://github.com/portico-desktop/portico")
}
