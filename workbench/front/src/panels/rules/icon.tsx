/** The panels' icons as React elements, and the buttons made with them. */
import { useEffect, useRef, type ButtonHTMLAttributes, type ReactNode } from "react";
import { icon, type IconName } from "../icons.ts";

export function Icon({ name }: { name: IconName }): ReactNode {
  const holder = useRef<HTMLSpanElement>(null);
  useEffect(() => holder.current?.replaceChildren(icon(name)), [name]);
  return <span className="wb-icon-holder" ref={holder} aria-hidden="true" />;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName;
  label: string;
  /** Shown beside the label in the tooltip. */
  shortcut?: string;
  kind?: "primary" | "icon" | "plain";
}

/** A button; of kind `icon` its label is for tooltip and screen readers. */
export function Button({ icon: name, label, shortcut, kind = "plain", className, ...rest }: ButtonProps): ReactNode {
  const only = kind === "icon";
  return (
    <button
      type="button"
      className={["wb-button", kind !== "plain" && `wb-button--${kind}`, className].filter(Boolean).join(" ")}
      aria-label={only ? label : undefined}
      title={only || shortcut ? [label, shortcut && `(${shortcut})`].filter(Boolean).join(" ") : undefined}
      aria-keyshortcuts={shortcut?.replace("Ctrl", "Control").replace("↑", "ArrowUp").replace("↓", "ArrowDown")}
      {...rest}
    >
      {name && <Icon name={name} />}
      {!only && <span>{label}</span>}
    </button>
  );
}
