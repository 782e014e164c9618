/** What one kind of run is sent and returns. */
export interface RunType {
  readonly input: unknown
  readonly result: unknown
}

/** The types of an app: no value of this form exists. */
export interface AppTypes {
  readonly runs: Readonly<Record<string, RunType>>
}

/**
 * What `createMillrace` returns carries its types in this phantom member, so that
 * `createClient<typeof app>` checks kinds and inputs without importing any server code.
 */
export interface Typed<T extends AppTypes = AppTypes> {
  readonly types?: T
}

export type RunsOf<App extends Typed> = NonNullable<App['types']>['runs']
export type KindOf<App extends Typed> = keyof RunsOf<App> & string
export type InputOf<App extends Typed, Kind extends KindOf<App>> = RunsOf<App>[Kind]['input']
export type ResultOf<App extends Typed, Kind extends KindOf<App>> = RunsOf<App>[Kind]['result']
