import { Component, type ComponentType } from 'preact';

/** A component that renders again only if one of its properties has changed. */
export function memo<Props extends object>(Inner: ComponentType<Props>): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const before = this.props;
      return (Object.keys(next) as (keyof Props)[]).some((name) => next[name] !== before[name]);
    }

    override render() {
      return <Inner {...this.props} />;
    }
  };
}
