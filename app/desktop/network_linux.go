package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

const (
	logindName  = "org.freedesktop.login1"
	logindPath  = "/org/freedesktop/login1"
	logindSleep = "org.freedesktop.login1.Manager"
)

// watchNetwork calls notice for changes until ctx ends. The returned function waits for
// the end of its goroutines.
func watchNetwork(ctx context.Context, notice func()) (wait func()) {
	var parts sync.WaitGroup
	// Each source is worth having without the other, and none is worth failing
	// for: retries come by themselves, only later.
	if netlink, err := openNetlink(); err == nil {
		stop := context.AfterFunc(ctx, func() { _ = netlink.Close() })
		parts.Go(func() {
			defer stop()
			readNetlink(netlink, notice)
		})
	}
	if bus, signals, err := watchSleep(ctx); err == nil {
		parts.Go(func() {
			defer func() { _ = bus.Close() }()
			readSleep(ctx, signals, notice)
		})
	}
	return parts.Wait
}

// openNetlink subscribes to links, addresses and routes. The socket does not block:
// reading it parks a goroutine and no thread, and closing it ends the read.
func openNetlink() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	file := os.NewFile(uintptr(fd), "netlink")
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK |
		unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE})
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("subscribe to netlink: %w", err)
	}
	return file, nil
}

// readNetlink calls notice for every change until the socket is closed.
func readNetlink(netlink *os.File, notice func()) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := netlink.Read(buffer)
		if errors.Is(err, syscall.ENOBUFS) {
			notice() // too many changes: some were lost
			continue
		}
		if err != nil {
			return
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			continue
		}
		for _, m := range messages {
			if changesNetwork(m) {
				notice()
			}
		}
	}
}

// changesNetwork is true if there may be a new way to the network after a message. Lost
// ways are of no interest, nor are the reports of wireless drivers that look around.
func changesNetwork(m syscall.NetlinkMessage) bool {
	switch m.Header.Type {
	case unix.RTM_NEWADDR, unix.RTM_NEWROUTE:
		return true
	case unix.RTM_NEWLINK:
		if len(m.Data) < unix.SizeofIfInfomsg {
			return false // the parser takes it for granted
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return false
		}
		for _, a := range attributes {
			if a.Attr.Type == unix.IFLA_WIRELESS {
				return false
			}
		}
		return true
	}
	return false
}

// watchSleep follows logind's signals of sleep, on a system with logind.
func watchSleep(ctx context.Context) (*dbus.Conn, <-chan *dbus.Signal, error) {
	conn, err := dbus.ConnectSystemBus()
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the system bus: %w", err)
	}
	signals := make(chan *dbus.Signal, 4)
	conn.Signal(signals)
	err = conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(logindName), dbus.WithMatchObjectPath(logindPath),
		dbus.WithMatchInterface(logindSleep), dbus.WithMatchMember("PrepareForSleep"))
	if err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("follow the system bus: %w", err)
	}
	return conn, signals, nil
}

// readSleep calls notice whenever the computer has woken up, until ctx ends or
// the bus does.
func readSleep(ctx context.Context, signals <-chan *dbus.Signal, notice func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-signals:
			if !ok {
				return
			}
			// true is before going to sleep, false after waking up.
			if s.Name == logindSleep+".PrepareForSleep" && len(s.Body) == 1 && s.Body[0] == false {
				notice()
			}
		}
	}
}
